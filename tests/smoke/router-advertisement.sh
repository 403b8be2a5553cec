#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A router that advertises itself is natterjack's default route for as long as it does, and one that
# is there already is asked; natterjack's file has none. The endpoint is behind the router:
#
#     client <-> natterjack <-> server (radvd) r0 <-> eth0 far
#                                   2001:db8:3::1         2001:db8:3::2
set -eu
. "$(dirname "$0")/smoke.sh"
rig_namespaces+=(far)

far_up() {
	rig_cable server r0 far eth0
	rig_wire_ipv6 server r0 2001:db8:3::1/64
	rig_wire_ipv6 far eth0 2001:db8:3::2/64 2001:db8:3::1
	rig_set server ipv6/conf/all/forwarding 1
	rig_echo_on far 2001:db8:3::2 26000
}

# The router says who it is when it starts, when it is asked and when it stops; else rarely.
radvd_start() {
	cat >"$rig_dir/radvd.conf" <<-EOF
		interface eth0 {
			AdvSendAdvert on;
			prefix 2001:db8:2::/64 { AdvAutonomous off; };
		};
	EOF
	rig_start radvd server radvd --nodaemon --logmethod=stderr --config="$rig_dir/radvd.conf" \
		--pidfile="$rig_dir/radvd.pid" --username=root
	radvd=$rig_pid
}

answered() {
	smoke_send --clients 3 --seconds 0.3
} >/dev/null 2>&1

unanswered() {
	! answered
}

smoke_needs radvd ping
smoke_up
rig_ipv6
far_up
smoke_address=2001:db8:1::1
rig_files "$smoke_port" '[2001:db8:3::2]:26000'
natterjack_start 1
smoke_reaches client "$smoke_address"
answered && die 'there is a route, and nobody has advertised it'
radvd_start
poll 15 answered || die 'no route from the advertisement'
echo 'a default route from the advertisement'
smoke_send --clients 20 --rounds 3
rig_stop "$radvd"
poll 15 unanswered || die 'still a route when the router is gone'
echo 'and none any more'
natterjack_law --at-least 120
natterjack_stop TERM
radvd_start
poll 10 grep -q 'version .* started' "$rig_dir/radvd.log" || die 'radvd did not start'
natterjack_start 1
poll 15 answered || die 'no route from a router that was there before'
echo 'a default route from a router that was there before'
natterjack_law
natterjack_stop TERM
