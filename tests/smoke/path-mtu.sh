#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Path MTU discovery through natterjack, from a client to an endpoint behind a narrow link (1,280
# bytes, and 1,000 for IPv4), with client and endpoint of either family. The client's kernel learns
# how large its packets may be first from the router's error, then from natterjack's own, and larger
# datagrams go through in fragments, as do those of which IPv6 knows no MTU so small:
#
#     client <-> natterjack <-> server (a router) r0 <-> eth0 far
#                                        203.0.113.1     203.0.113.2
#                                   2001:db8:3::1        2001:db8:3::2
set -eu
. "$(dirname "$0")/smoke.sh"
rig_driver=pcap
rig_namespaces+=(far)

far_up() {
	rig_cable server r0 far eth0
	rig_in server ip link set r0 mtu 1280
	rig_in far ip link set eth0 mtu 1280
	rig_in server ip address add 203.0.113.1/24 dev r0
	rig_in far ip address add 203.0.113.2/24 dev eth0
	rig_in far ip route add default via 203.0.113.1
	rig_in server ip route replace 203.0.113.2 dev r0 mtu lock 1000
	rig_wire_ipv6 server r0 2001:db8:3::1/64
	rig_wire_ipv6 far eth0 2001:db8:3::2/64 2001:db8:3::1
	rig_set server ipv4/ip_forward 1
	rig_set server ipv6/conf/all/forwarding 1
	rig_set server ipv4/icmp_ratelimit 0
	rig_set server ipv6/icmp/ratelimit 0
	rig_echo_on far 203.0.113.2 26000
	rig_echo_on far 203.0.113.2 26001
	rig_echo_on far 2001:db8:3::2 26000
}

# expect_mtu MTU HOW: the client starts to learn from nothing.
expect_mtu() {
	rig_in client ip route flush cache
	rig_in client ip -6 route flush cache
	rig_in client "$root/tests/smoke/icmp_errors.py" too-big --discover "$2" --mtu "$1" \
		"$smoke_address" "$smoke_port" || die "wrong with $endpoint, discover: $2"
}

# path_mtu: what natterjack has learned of the only endpoint; 0 if nothing.
path_mtu() {
	natterjack_ask /natterjack/clusters | sed -n 's/.*"path_mtu": \([0-9]*\).*/\1/p'
}

too_big() {
	natterjack_ask /natterjack/stats | sed -n 's/.*"too_big": \([0-9]*\).*/\1/p'
}

# expect ADDRESS MTU-OF-CLIENT ENDPOINT MTU-OF-PATH
expect() {
	local smoke_address=$1 endpoint=$3 before

	smoke_reaches client "$1"
	smoke_endpoints "$endpoint"
	expect_mtu "$2" "do"
	[ "$(path_mtu)" = "$4" ] || die "the path to $endpoint has MTU $(path_mtu), not $4"
	before=$(too_big)
	expect_mtu "$2" "do"
	[ "$(too_big)" -gt "$before" ] || die "natterjack itself did not say that it is too large"
	expect_mtu "$2" want
	smoke_send --clients 5 --sizes 1400,7000 # eight fragments of 1,000 bytes, no more are put together
	echo "$1: MTU $2 to $endpoint, whose path has $4"
}

# expect_cut ADDRESS ENDPOINT: the router's error is told as far as it can be; from then on
# natterjack makes fragments, and says nothing.
expect_cut() {
	local smoke_address=$1 endpoint=$2 before

	smoke_reaches client "$1"
	smoke_endpoints "$2"
	expect_mtu 1280 "do"
	rig_in client ip -6 route flush cache
	before=$(too_big)
	smoke_send --clients 5 --sizes 972,973,1232,1400,1452
	[ "$(too_big)" -eq "$before" ] || die 'natterjack said that it is too large'
	echo "$1: fragments to $2"
}

smoke_needs ping
smoke_up
rig_ipv6
far_up
rig_files "$smoke_port" 203.0.113.2:26000
sed -i '/198.51.100.1/a\    gateways: [198.51.100.2, "2001:db8:2::2"]' "$rig_dir/appliance.yaml"
natterjack_start 1
expect 192.0.2.1 1000 203.0.113.2:26000 1000
expect 2001:db8:1::1 1280 '[2001:db8:3::2]:26000' 1280
expect_cut 2001:db8:1::1 203.0.113.2:26001
expect 192.0.2.1 1260 '[2001:db8:3::2]:26000' 1280
natterjack_law --at-least 100
natterjack_stop TERM
