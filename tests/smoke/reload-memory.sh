#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Reloads of a large file, by signal and over connections of their own, take no more memory than the
# first two.
#
#     reload-memory.sh [RELOADS [ENDPOINTS]]
set -eu
. "$(dirname "$0")/smoke.sh"
reloads=${1-8} endpoints=${2-20000}

resident() {
	local name value

	while read -r name value _; do
		[ "$name" != VmRSS: ] || echo "$value"
	done <"/proc/$rig_natterjack/status"
}

has_generation() {
	natterjack_ask /natterjack/config | grep -E "\"generation\": *$1\\b" >/dev/null
}

# reload GENERATION: by telemetry where it is even, else by signal.
reload() {
	if [ $(($1 % 2)) -eq 0 ]; then
		natterjack_ask /natterjack/reload | grep '"ok"' >/dev/null || die 'it does not reload'
	else
		kill -s HUP "$rig_natterjack"
		poll 30 has_generation "$1" || die "there is no generation $1"
	fi
}

smoke_up
mapfile -t addresses < <(seq -f '198.51.100.2:%.0f' 1024 $((1023 + endpoints)))
rig_files "$smoke_port" "${addresses[@]}"
natterjack_start 1
for ((generation = 2; generation <= 3; generation++)); do
	reload "$generation"
done
first=$(resident)
for (( ; generation <= reloads + 3; generation++)); do
	reload "$generation"
done
last=$(resident)
echo "$first KB after two reloads, $last KB after $reloads more"
[ $((last * 100)) -le $((first * 115)) ] || die 'memory grows'
smoke_end 0
