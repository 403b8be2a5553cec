#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Addresses of natterjack's that another host has: it is not ready while that is so of all of them, says
# which are not answered for, and takes one as soon as it is free. SIGTERM ends it at any time.
set -eu
. "$(dirname "$0")/smoke.sh"
njctl=$rig_build/app/njctl

# said TEXT: natterjack has logged it since it was started last.
said() {
	grep -q "$1" "$rig_dir/natterjack.log"
}

# start_until TEXT: starts natterjack and waits until it logs it, which may be long before it is ready.
start_until() {
	natterjack_command 1 256
	rig_start natterjack "$rig_proxy" "${rig_command[@]}"
	rig_natterjack=$rig_pid
	poll 30 said "$1" || die "natterjack does not say '$1'"
}

not_ready() {
	[ "$(rig_in "$rig_proxy" curl -s -o "$rig_dir/why" -w '%{http_code}' http://127.0.0.1:9091/ready)" = 503 ] &&
		grep -q '1 of our addresses is not answered for: 192.0.2.1$' "$rig_dir/why"
}

is_ready() {
	[ "$(rig_in "$rig_proxy" curl -s http://127.0.0.1:9091/ready)" = ok ]
}

smoke_needs curl
"$njctl" serve --listen x 2>&1 | grep 'built without' && smoke_skip 'njctl cannot serve'
smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
rig_in proxy ip link set lo up

start_until 'confined: '
natterjack_stop TERM

rig_in client ip address add 192.0.2.1/24 dev eth0
rig_in server ip address add 198.51.100.1/24 dev eth0
start_until 'event=not_ready duplicate_addresses=2'
! natterjack_ready || die 'it is ready, and no address is its own'
natterjack_stop TERM

rig_in server ip address del 198.51.100.1/24 dev eth0
natterjack_start 1
said 'event=address_conflict port=0 address=192.0.2.1 ' || die 'the conflict is not logged'
"$njctl" -p "$rig_prefix" status | grep -q '^unanswered *192\.0\.2\.1$' ||
	die 'njctl status does not name the address'
rig_start serve "$rig_proxy" "$njctl" -p "$rig_prefix" serve
poll 10 not_ready || die '/ready does not name the address'
rig_in client ip address del 192.0.2.1/24 dev eth0
poll 50 said 'event=address_taken address=192.0.2.1' || die 'the address is free, and not taken'
poll 10 is_ready || die '/ready does not say that all is well'
smoke_send --clients 20 --rounds 5
smoke_end 200
