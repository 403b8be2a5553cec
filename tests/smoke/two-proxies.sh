#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two natterjacks in a row, each in a network namespace of its own. The first puts a token behind
# each payload and compresses it, the second takes both apart and routes by the token; replies are
# compressed on the way between the two. Through each codec of either era, to each of four servers:
#
#     client <-> c0 natterjack m0 <--------> m1 natterjack s0 <-> server
#                    203.0.113.1              203.0.113.2
set -eu
. "$(dirname "$0")/smoke.sh"
rig_namespaces+=(second)
second_natterjack=

# second COMMAND [ARG ...]: does it with the second natterjack.
second() {
	local rig_prefix=$rig_name-2 rig_dir=$rig_top/second rig_proxy=second rig_first_cpu=1
	local rig_natterjack=$second_natterjack

	"$@"
	second_natterjack=$rig_natterjack
}

# The server's end goes to the second namespace, and a cable in between.
rewire() {
	rig_in proxy ip link set s0 netns "$rig_name-second"
	rig_in proxy ip link add m0 type veth peer name m1 netns "$rig_name-second"
	rig_port proxy m0
	rig_port second m1
	rig_port second s0
}

files() {
	mkdir "$rig_top/second"
	rig_files "$smoke_port" 203.0.113.2:7777
	sed -i 's/=s0/=m0/; s:198.51.100.1/24:203.0.113.1/24:' "$rig_dir/appliance.yaml"
	second rig_files "$smoke_port" 198.51.100.2:26000
	sed -i 's/=c0/=m1/; s:192.0.2.1/24:203.0.113.2/24:' "$rig_top/second/appliance.yaml"
}

smoke_up
rewire
rig_clients 8
rig_servers 2
files
natterjack_start 1
second natterjack_start 1
rig_in client "$root/tests/smoke/two_proxies.py" "$rig_name-server" \
	"$rig_prefix" "$rig_dir/proxy.yaml" "$rig_name-2" "$rig_top/second/proxy.yaml"
smoke_end 6900
second smoke_end 6900
