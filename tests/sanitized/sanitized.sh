#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# All unit and pipeline tests, and smoke tests that come by the most code, with the address, leak and
# undefined-behaviour sanitizers. Whatever these report is a failure, be it of a program that a test
# expects to fail or kills later.
#
#     tests/sanitized/sanitized.sh             as scripts/test runs it
#     tests/sanitized/sanitized.sh --full      with all smoke tests
#     tests/sanitized/sanitized.sh NAME ...    some tests by name
#
# Not seen are faults within the memory of DPDK, which has mempools and its own malloc; DPDK itself
# is Debian's, without sanitizers.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/scripts/lib/say.sh"
. "$root/scripts/lib/build.sh"
build=${NJ_FUZZ_BUILD:-$root/build/fuzz}
smoke=(clients-2-workers-1-queue ipv6-2-workers reload state-stop telemetry)

# tests [ARG ...]: of meson test; it goes on after a failure.
tests() {
	meson test -C "$build" --print-errorlogs --timeout-multiplier 5 "$@" </dev/null || status=1
}

# For the sanitizers. natterjack is not let start what would find the names of functions.
options() {
	printf 'log_path=%s/report:exitcode=99:halt_on_error=1:abort_on_error=0:print_stacktrace=1:symbolize=0' \
		"$reports"
}

# Puts names behind the addresses of a report.
with_names() {
	local line

	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ ! $line =~ \((/[^ ]+)\+(0x[0-9a-f]+)\) ]] ||
			addr2line -pfe "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" | sed 's/^/       /'
	done
}

# found FAULT PATTERN ...: it is reported in these words.
found() {
	local fault=$1 pattern report

	shift
	! "$build/tests/sanitized/faults" "$fault" >/dev/null 2>&1 || die "nobody minds: $fault"
	report=$(cat "$reports"/report.* | with_names)
	for pattern; do
		grep -q "$pattern" <<<"$report" || die "no '$pattern' in the report on: $fault"
	done
	rm "$reports"/report.*
}

# A flag that is missing would make all of this pass.
check_sanitizers() {
	ninja -C "$build" tests/sanitized/faults >/dev/null
	"$build/tests/sanitized/faults" none >/dev/null || die 'a fault where there is none'
	found overflow 'heap-buffer-overflow' nj_checksum_delta
	found use-after-free 'heap-use-after-free'
	found undefined 'signed integer overflow'
	found leak 'LeakSanitizer: detected memory leaks'
}

check_reports() {
	local report

	for report in "$reports"/report.*; do
		[ -e "$report" ] || continue
		head -n 100 "$report" | with_names
		status=1
	done
}

# In the time that scripts/test has.
some() {
	tests --suite unit --suite pipeline
	ninja -C "$build" app/natterjack app/njctl
	tests --no-rebuild --suite smoke "${smoke[@]}"
}

main() {
	status=0
	if ! build_fuzz_check; then
		echo 'skipped: no sanitizers of clang-14 (libclang-rt-14-dev)'
		[ "${CI:-}" != true ] || exit 1
		exit 77
	fi
	build_fuzz_setup "$build" >/dev/null
	reports=$(mktemp -d)
	trap 'rm -rf "$reports"' EXIT
	ASAN_OPTIONS=$(options) UBSAN_OPTIONS=$(options)
	export ASAN_OPTIONS UBSAN_OPTIONS
	check_sanitizers
	case ${1-} in
	'') some ;;
	--full) tests --suite unit --suite pipeline --suite smoke ;;
	*) tests "$@" ;;
	esac
	check_reports
	return "$status"
}

main "$@"
