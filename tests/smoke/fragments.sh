#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# fragments.sh WORKERS: datagrams in fragments. Those that kernels make go through both ways, with
# clients and endpoints of either family in every pairing, and large pings are answered; those that
# an attacker makes are dropped, each for its reason.
set -eu
. "$(dirname "$0")/smoke.sh"
rig_driver=pcap

# fragments FAULT: the client sends such ones.
fragments() {
	rig_in client "$root/tests/smoke/fragments.py" "$1" "$smoke_address" "$smoke_port"
}

smoke_needs ping
smoke_up
rig_ipv6
rig_echo 26000
rig_echo_on server 2001:db8:2::2 26000
rig_files "$smoke_port" 198.51.100.2:26000
natterjack_start "$1"
for smoke_address in 192.0.2.1 2001:db8:1::1; do
	smoke_reaches client "$smoke_address"
	for size in 1800 4000 8000; do
		smoke_reaches client "$smoke_address" -s "$size"
	done
	for endpoint in 198.51.100.2:26000 '[2001:db8:2::2]:26000'; do
		echo "$smoke_address to $endpoint:"
		smoke_endpoints "$endpoint"
		smoke_send
		smoke_send --clients 20 --sizes 1473,1500,2952,2953,4096,8000,8500
	done
	fragments none
	fragments overlap
	natterjack_law
	fragments malformed
	fragments many
	fragments incomplete
done
# With the ninth of a datagram all of it goes.
smoke_end 100 fragment_overlap=4 fragment_malformed=4 fragments_full=18 fragment_incomplete=4
