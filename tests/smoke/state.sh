#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Sessions are kept in sessions.state_file: natterjack is stopped, or killed under traffic, and
# started again, and every session goes on with the port that it had.
#
#     state.sh stop|kill [RESTARTS [CLIENTS [ENDPOINTS]]]
#
# A client has a session with each endpoint. After a kill those may have another port that came when
# the last pass over all sessions had begun; where RESTARTS are given, those of the last second. That
# is how the figures of docs/reliability.md are measured:
#
#     tests/smoke/state.sh stop 1 10000 100    1,000,000 sessions, and how long it takes
#     tests/smoke/state.sh kill 20             20 times
set -eu
. "$(dirname "$0")/smoke.sh"
restarts=${2-3} clients=${3-200} endpoints=${4-4}

options=(--rounds "$restarts" --clients "$clients" --endpoints "$endpoints")
[ "$1" = stop ] || options+=(--kill)
[ $# -eq 1 ] || options+=(--strict)
smoke_up
mapfile -t addresses < <(seq -f '198.51.100.2:%.0f' 26000 $((25999 + endpoints)))
rig_sessions="capacity: $((clients * endpoints + 1000)), ttl: 10m, unreplied_ttl: 10m, state_file: $rig_dir/state/sessions"
rig_limits='sessions_per_source: 0'
rig_files "$smoke_port" "${addresses[@]}"
natterjack_command 1 $((256 + clients * endpoints / 1500))
"$root/tests/smoke/state.py" "${options[@]}" --log "$rig_dir/natterjack.log" \
	--state "$rig_dir/state/sessions" "$rig_prefix" "$rig_name-client" "$rig_name-server" -- nsenter "--net=/run/netns/$rig_name-$rig_proxy" -- "${rig_command[@]}"
