# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What every smoke test begins with: sourced. A smoke test runs natterjack on the rig of
# scripts/lib/netns.sh, sends real datagrams through it and holds it to the law at the end. Its exit
# status is 0, 1, or 77 where it cannot run; $NJ_BUILD is the build directory, else build/.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/scripts/lib/say.sh"
. "$root/scripts/lib/netns.sh"

smoke_port=7777
smoke_address=192.0.2.1 # natterjack's, which clients send to
smoke_rig=rig_up # what makes the rig

# smoke_skip REASON: this test cannot run here. In CI it has to.
smoke_skip() {
	[ "${CI:-}" != true ] || die "skipped in CI: $*"
	echo "skipped: $*"
	exit 77
}

# smoke_needs COMMAND ...
smoke_needs() {
	local command

	for command; do
		command -v "$command" >/dev/null || smoke_skip "no $command"
	done
}

# The rig, and from then on natterjack's counters and log where the test fails.
smoke_up() {
	local obstacle

	obstacle=$(rig_obstacle)
	[ -z "$obstacle" ] || smoke_skip "$obstacle"
	"$smoke_rig"
	trap smoke_down EXIT
}

smoke_down() {
	local status=$?

	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		[ -z "$rig_natterjack" ] || "$root/scripts/lib/show.py" "$rig_prefix" counters || :
		find "$rig_top" -name '*.log' -exec tail -v -n 50 {} +
	fi
	rig_down "$status"
}

# smoke_send [OPTION ...]: clients send through natterjack and check what comes back (see udp.py).
smoke_send() {
	rig_in client "$root/scripts/lib/udp.py" send "$@" "$smoke_address" "$smoke_port"
}

# smoke_endpoints ENDPOINT ...: are in force from now on, and no others.
smoke_endpoints() {
	rig_proxy_file "$@"
	natterjack_ask /natterjack/reload | grep '"ok"' >/dev/null || die "no reload to $*"
}

# smoke_reaches NAMESPACE ADDRESS [OPTION ...]: waits until it answers a ping from there.
smoke_reaches() {
	poll 10 rig_in "$1" ping -qn -c 1 -W 1 "${@:3}" "$2" >/dev/null 2>&1 ||
		die "no answer to pings from $1 at $2"
}

# smoke_end DATAGRAMS [REASON=N ...]: the law, that so many came in at the least, that so many were
# dropped for each reason named and none for any other, and an orderly end.
smoke_end() {
	local datagrams=$1

	shift
	natterjack_law --no-drops --at-least "$datagrams" "${@/#/--drop=}" \
		"${rig_noise[@]/#/--noise=}"
	natterjack_stop TERM
}

# The EAL loads nothing from below a folder that everybody may write to, such as /tmp. Prints one that
# is none, if there is one.
private_folder() {
	local base path

	for base in "$(realpath "$rig_build")" /var/lib /root; do
		path=$base
		while [ "$path" != / ] && [ -z "$(find "$path" -maxdepth 0 -perm -o+w)" ]; do
			path=$(dirname "$path")
		done
		[ "$path" != / ] || [ ! -w "$base" ] || { echo "$base" && return; }
	done
}
