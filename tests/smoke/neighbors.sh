#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# natterjack is a neighbor like any other: kernels resolve and reach all of its addresses, it follows
# one that changes its link-layer address, and traffic goes on after a link was down.
set -eu
. "$(dirname "$0")/smoke.sh"

# mac PORT: the link-layer address of natterjack's.
mac() {
	rig_in proxy ip -o link show dev "$1" | sed 's/.* link.ether \([^ ]*\) .*/\1/'
}

# link_local MAC: the address that a port has by its link-layer address.
link_local() {
	/usr/bin/python3 -c '
import ipaddress, sys
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
number = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
print(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + number))' "$1"
}

# expect_neighbor NAMESPACE ADDRESS PORT: this kernel has port's link-layer address for it, and
# believes it.
expect_neighbor() {
	local entry

	rig_in "$1" ping -qn -c 3 -i 0.1 -W 2 -I eth0 "$2" >/dev/null 2>&1 ||
		die "$1: $2 does not answer pings"
	entry=$(rig_in "$1" ip neigh show to "$2" dev eth0)
	[[ $entry = *"lladdr $(mac "$3")"*@(REACHABLE|STALE|DELAY|PROBE)* ]] ||
		die "$1: $2 is '$entry', not $(mac "$3")"
	echo "$1: $entry"
}

# The client's kernel notices that an IPv6 address is natterjack's before it takes it.
expect_duplicate() {
	rig_set client ipv6/conf/eth0/accept_dad 1
	rig_in client ip address add "$1/64" dev eth0
	poll 10 is_duplicate || die "the client took $1 for its own"
	rig_in client ip address del "$1/64" dev eth0
}

is_duplicate() {
	rig_in client ip address show dev eth0 dadfailed | grep dadfailed >/dev/null
}

# answers ADDRESS: whether clients that send there have it all back.
answers() {
	smoke_address=$1 smoke_send --clients 3 --seconds 0.3
} >/dev/null 2>&1

# expect_traffic EVENT: traffic of both families goes on, be it a while after.
expect_traffic() {
	local endpoint address

	for endpoint in 198.51.100.2:26000 '[2001:db8:2::2]:26000'; do
		smoke_endpoints "$endpoint"
		for address in 192.0.2.1 2001:db8:1::1; do
			poll 15 answers "$address" || die "nothing from $address to $endpoint after $1"
		done
	done
	echo "traffic after $1"
}

# A kernel tells its neighbors of its new address only if it is to.
change_mac() {
	rig_set "$1" ipv4/conf/eth0/arp_notify 1
	rig_set "$1" ipv6/conf/eth0/ndisc_notify 1
	rig_in "$1" ip link set eth0 address "$2"
}

smoke_needs ping arping
smoke_up
rig_ipv6
rig_echo 26000
rig_echo_on server 2001:db8:2::2 26000
rig_files "$smoke_port" 198.51.100.2:26000
natterjack_start 1
for address in 192.0.2.1 2001:db8:1::1 "$(link_local "$(mac c0)")"; do
	smoke_reaches client "$address" -I eth0
	expect_neighbor client "$address" c0
done
for address in 198.51.100.1 2001:db8:2::1 "$(link_local "$(mac s0)")"; do
	smoke_reaches server "$address" -I eth0
	expect_neighbor server "$address" s0
done
# Larger ones are in fragments.sh: net_af_packet has the kernel put IPv4 fragments together, and its own
# frames are of 2,048 bytes.
for address in 192.0.2.1 2001:db8:1::1 "$(link_local "$(mac c0)")"; do
	smoke_reaches client "$address" -I eth0 -s 1800
done
rig_in client arping -q -c 2 -w 5 -I eth0 192.0.2.1 || die 'no answer to arping'
rig_in client arping -q -D -c 1 -w 2 -I eth0 192.0.2.1 && die 'arping finds that 192.0.2.1 is free'
expect_duplicate 2001:db8:1::1
expect_traffic 'the start'
change_mac server 02:00:00:00:00:99
expect_traffic "the server's new link-layer address"
change_mac client 02:00:00:00:00:98
expect_traffic "the client's new link-layer address"
for port in c0 s0; do
	rig_in proxy ip link set "$port" down
	rig_in proxy ip link set "$port" up
	expect_traffic "$port was down"
done
natterjack_law --at-least 24
natterjack_stop TERM
