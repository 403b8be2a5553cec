#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# natterjack ends with status 0 at SIGTERM and SIGINT, idle or with traffic, and forwards again when
# it is started again.
set -eu
. "$(dirname "$0")/smoke.sh"

# traffic_start: clients that send until nothing comes back any more; they do not matter.
traffic_start() {
	rig_start traffic client "$root/scripts/lib/udp.py" send --clients 100 --rounds 10000 \
		--seconds 1 192.0.2.1 "$smoke_port"
	poll 10 traffic_flows
}

traffic_flows() {
	natterjack_ask /natterjack/stats | grep -E '"tx_packets": [0-9]{4,}' >/dev/null
}

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
for signal in TERM INT; do
	natterjack_start 1
	smoke_send --clients 20 --rounds 5
	natterjack_law --no-drops --at-least 200
	natterjack_stop "$signal"
done
natterjack_start 1
traffic_start
natterjack_stop TERM
rig_stop "$rig_pid"
natterjack_start 1
smoke_send --clients 20 --rounds 5
smoke_end 200
