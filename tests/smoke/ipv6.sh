#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# ipv6.sh WORKERS: clients and endpoints of either family in every pairing, with payloads of sizes
# that have an edge; and no frame of natterjack's has a wrong checksum.
set -eu
. "$(dirname "$0")/smoke.sh"
captures=()

# capture_start NAMESPACE: keeps the datagrams that natterjack sends there.
capture_start() {
	rig_start "capture-$1" "$1" tcpdump --immediate-mode --snapshot-length=2048 \
		-i eth0 -Q in -nUw "$rig_dir/$1.pcap" udp
	captures+=("$rig_pid")
	poll 10 grep -q listening "$rig_dir/capture-$1.log" || die 'tcpdump did not start'
}

# captured NAMESPACE N: whether it has so many.
captured() {
	[ "$(tcpdump -nr "$rig_dir/$1.pcap" 2>/dev/null | wc -l)" -eq "$2" ]
}

captures_stop() {
	local pid

	for pid in "${captures[@]}"; do
		kill -s INT "$pid"
		poll 10 rig_ended "$pid" || die 'tcpdump does not end'
	done
}

# capture_check NAMESPACE N: so many datagrams, all with right checksums.
capture_check() {
	local text=$rig_dir/$1.txt

	tcpdump -nnvvr "$rig_dir/$1.pcap" >"$text" 2>/dev/null
	! grep -E '(bad|wrong|incorrect).*(ck|check)sum' "$text" || die "wrong checksums at the $1"
	[ "$(grep -c 'udp sum ok' "$text")" -eq "$2" ] || die "not $2 right checksums at the $1"
}

smoke_needs tcpdump ping
smoke_up
rig_ipv6
rig_echo 26000 --tell
rig_echo_on server 2001:db8:2::2 26000 --tell
rig_echo 26001
rig_echo_on server 2001:db8:2::2 26001
rig_files "$smoke_port" 198.51.100.2:26000
capture_start client
capture_start server
natterjack_start "$1"
for smoke_address in 192.0.2.1 2001:db8:1::1; do
	smoke_reaches client "$smoke_address"
	for endpoint in 198.51.100.2 '[2001:db8:2::2]'; do
		echo "$smoke_address to $endpoint:"
		smoke_endpoints "$endpoint:26000"
		smoke_send --tell --clients 20 --rounds 2
		smoke_endpoints "$endpoint:26001"
		smoke_send --clients 20 --sizes 0,1,2,1451,1452
	done
done
smoke_endpoints 198.51.100.2:26001
smoke_address=192.0.2.1 smoke_send --clients 20 --sizes 1471,1472
smoke_end 1000
for namespace in client server; do
	poll 10 captured "$namespace" 600 || die "not 600 datagrams captured at the $namespace"
done
captures_stop
capture_check client 600
capture_check server 600
