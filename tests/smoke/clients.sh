#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# clients.sh WORKERS QPAIRS: a thousand clients, by port and by address, each get their own data and
# no other's, and the endpoint sees each under one address and port that no other has.
set -eu
. "$(dirname "$0")/smoke.sh"
workers=$1
rig_qpairs=$2
rig_limits='sessions_per_source: 0'

# With one queue and two workers, packets have to be handed over; with one worker, never.
check_handoffs() {
	local handoffs

	handoffs=$(natterjack_ask /natterjack/stats | sed -n 's/.*"handoffs": \([0-9]*\).*/\1/p')
	echo "$handoffs packets were handed to another worker"
	case $workers-$rig_qpairs in
	1-*) [ "$handoffs" -eq 0 ] ;;
	*-1) [ "$handoffs" -gt 0 ] ;;
	esac || die "handoffs cannot be $handoffs with $workers workers and $rig_qpairs queues"
}

smoke_up
rig_clients 250
rig_echo 26000 --tell
rig_files "$smoke_port" 198.51.100.2:26000
natterjack_start "$workers"
smoke_send --tell --clients 1000 --source 192.0.2.2 --rounds 5
smoke_send --tell --clients 1000 --source 192.0.2.2 --sources 250 --rounds 5
smoke_send --tell --clients 1000 --source 192.0.2.2 --sources 250 --burst 4
check_handoffs
smoke_end 28000
