#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A tunnel as a service behind natterjack: WireGuard between client and server, its handshake, pings,
# and TCP inside of it. Two clients' tunnels at once, of which one comes over IPv6.
set -eu
. "$(dirname "$0")/smoke.sh"
export WG_PROCESS_FOREGROUND=1

# tunnel NAMESPACE NUMBER: an interface, wg$$-NUMBER (sockets in one place have its name), with
# 203.0.113.NUMBER inside.
tunnel() {
	local name=wg$$-$2

	(umask 077 && wg genkey >"$rig_dir/$2.key")
	rig_start "$name" "$1" wireguard-go -f "$name"
	poll 10 rig_in "$1" wg set "$name" private-key "$rig_dir/$2.key" 2>/dev/null ||
		die "$name did not start"
	rig_in "$1" ip address add "203.0.113.$2/24" dev "$name"
	rig_in "$1" ip link set "$name" up
}

# peer NAMESPACE NUMBER OF [OPTION ...]: tunnel NUMBER knows tunnel OF.
peer() {
	rig_in "$1" wg set "wg$$-$2" peer "$(wg pubkey <"$rig_dir/$3.key")" \
		allowed-ips "203.0.113.$3/32" "${@:4}"
}

# handshakes NAMESPACE NUMBER: how many peers it has that shook hands.
handshakes() {
	rig_in "$1" wg show "wg$$-$2" latest-handshakes | awk '$2 > 0' | wc -l
}

# expect_tunnel NUMBER: the server answers pings from there, and takes TCP, inside.
expect_tunnel() {
	rig_in client ping -qn -c 3 -i 0.2 -W 5 -I "wg$$-$1" 203.0.113.1 >/dev/null ||
		die "no pings through tunnel $1"
	rig_in client iperf3 --client 203.0.113.1 --bind-dev "wg$$-$1" --time 2 \
		--json >"$rig_dir/iperf3-$1.log" || die "no TCP through tunnel $1"
	/usr/bin/python3 -c '
import json, sys
moved = json.load(sys.stdin)["end"]["sum_received"]["bytes"]
print(f"tunnel {sys.argv[1]}: {moved >> 20} MiB")
sys.exit(moved == 0)' "$1" <"$rig_dir/iperf3-$1.log" || die "nothing was moved through tunnel $1"
}

smoke_needs wg wireguard-go iperf3 ping
[ -e /dev/net/tun ] || smoke_skip 'no /dev/net/tun'
smoke_up
rig_ipv6
rig_files "$smoke_port" 198.51.100.2:51820
natterjack_start 1
smoke_reaches client 192.0.2.1
smoke_reaches client 2001:db8:1::1
tunnel server 1
tunnel client 2
tunnel client 3
rig_in server wg set "wg$$-1" listen-port 51820
peer server 1 2
peer server 1 3
peer client 2 1 endpoint "192.0.2.1:$smoke_port"
peer client 3 1 endpoint "[2001:db8:1::1]:$smoke_port"
rig_start iperf3 server iperf3 --server --forceflush
poll 10 grep -q listening "$rig_dir/iperf3.log" || die 'iperf3 did not start'
expect_tunnel 2
expect_tunnel 3
[ "$(handshakes server 1)" -eq 2 ] || die 'not two handshakes'
natterjack_law --at-least 100
natterjack_stop TERM
