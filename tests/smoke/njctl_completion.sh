#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What bash offers behind njctl, where a natterjack with one endpoint runs:
# njctl_completion.sh NJCTL PREFIX ENDPOINT
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/scripts/lib/say.sh"
. "$root/config/njctl.bash-completion"

njctl=$1 prefix=$2 endpoint=$3

# offered LINE: what may stand where the line ends, a word a line.
offered() {
	# shellcheck disable=SC2034 # bash's own, which the completion reads
	COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=("$njctl")
	_njctl || :
	printf '%s\n' "${COMPREPLY[@]}"
}

# expect LINE WORD ...: just these, in this order.
expect() {
	local got

	got=$(offered "$1" | paste -sd' ')
	[ "$got" = "${*:2}" ] || die "behind '$1' there is '$got', not '${*:2}'"
}

mapfile -t commands < <("$njctl" --help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')
[ "${#commands[@]}" -gt 10 ] || die "--help has the commands ${commands[*]}"
expect 'njctl ' "${commands[@]}" -p --prefix -j --json -t --timeout -v --version -h --help
expect 'njctl dr' drain
expect 'njctl -j -p other und' undrain
expect "njctl -p $prefix drain " "$endpoint"
expect "njctl -p $prefix sessions --endpoint ${endpoint%%.*}" "$endpoint"
expect "njctl -p $prefix sessions --cl" --client
expect "njctl -p $prefix log relo" reload
expect "njctl -p $prefix log reload deb" debug
expect "njctl -p $prefix capture --dropped an" any
expect 'njctl serve --listen 127' 127.0.0.1:9091
expect 'njctl stats '
echo "${#commands[@]} commands, 0 faults"
