# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# meson and ninja: sourced, after say.sh, with $root, the top of the repository.
: "${root:?}"

# What to install for a command or a library that is not there: a line each on standard output.
build_missing() {
	local line

	while read -r line; do
		# shellcheck disable=SC2086 # words
		build_has $line || printf '%s\n' "$line"
	done <<-'EOF'
		command cc gcc
		command meson meson
		command ninja ninja-build
		command pkg-config pkgconf
		library libdpdk libdpdk-dev 22.11
		library libbsd libbsd-dev
		library jansson libjansson-dev
		library yaml-0.1 libyaml-dev
		library cmocka libcmocka-dev
	EOF
}

# build_has command|library NAME PACKAGE [VERSION]
build_has() {
	case $1 in
	command) command -v "$2" >/dev/null ;;
	library) pkg-config --atleast-version="${4-0}" "$2" 2>/dev/null ;;
	esac
}

# Says everything that is missing at once, with Debian's name for it.
build_check() {
	local missing

	missing=$(build_missing)
	[ -n "$missing" ] || return 0
	say_error 'cannot build, because of what is missing here:'
	awk '{ printf "  %-8s %-16s Debian package %s\n", $1, $2 ($4 ? " " $4 "+" : ""), $3 }' <<<"$missing" >&2
	printf 'As root: apt-get install%s\n' "$(awk '{ printf " %s", $3 }' <<<"$missing")" >&2
	return 1
}

# build_setup DIRECTORY [MESON OPTION ...]: the first time only.
build_setup() {
	local directory=$1

	shift
	[ -e "$directory/build.ninja" ] || meson setup "$@" "$directory" "$root"
}

# From then on a warning is an error in this directory; a change of mind would build it all anew.
build_werror() {
	meson configure "$1" | grep -Eq '^ *werror +true' || meson configure "$1" -Dwerror=true
}

# Whether clang-14 can build fuzz targets here.
build_fuzz_check() {
	command -v clang-14 >/dev/null && clang-14 -fsanitize=fuzzer,address -x c -o /dev/null - \
		<<<'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' 2>/dev/null
}

# A directory for what clang builds, with its sanitizers and what libFuzzer goes by; nothing of it
# yet. A warning is an error.
build_fuzz_setup() {
	CC=clang-14 build_setup "$1" -Dfuzz=true '-Db_sanitize=address,undefined' -Db_lundef=false \
		-Doptimization=1 -Dwerror=true
}

# The fuzz targets alone.
build_fuzz() {
	build_fuzz_setup "$1" && ninja -C "$1" fuzz
}
