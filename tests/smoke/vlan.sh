#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A port in a VLAN, with a kernel's interface in the same one at the other end; frames without its
# tag are none of natterjack's.
set -eu
. "$(dirname "$0")/smoke.sh"

# vlan_interface NUMBER: the kernel's own, or one of a program's where it has none.
vlan_interface() {
	rig_in client ip link add link eth0 name "eth0.$1" type vlan id "$1" 2>/dev/null &&
		return
	rig_start vlan client "$root/tests/smoke/vlan.py" eth0 "$1"
	poll 10 grep -q ready "$rig_dir/vlan.log" || die 'vlan.py did not start'
}

# tag_client NUMBER: all of the client's addresses and routes move into the VLAN.
tag_client() {
	rig_set client ipv6/conf/eth0/disable_ipv6 1
	vlan_interface "$1"
	rig_in client ip address flush dev eth0
	rig_in client ip address add 192.0.2.2/24 dev "eth0.$1"
	rig_in client ip link set "eth0.$1" up
	rig_in client ip route replace default via 192.0.2.1
	rig_wire_ipv6 client "eth0.$1" 2001:db8:1::2/64 2001:db8:1::1
}

smoke_needs ping
smoke_up
rig_ipv6
tag_client 42
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
sed -i '/192.0.2.1/a\    vlan: 42' "$rig_dir/appliance.yaml"
natterjack_start 1
for smoke_address in 192.0.2.1 2001:db8:1::1; do
	smoke_reaches client "$smoke_address"
	smoke_send --clients 10 --sizes 0,1,64,1452
done
# What the bare interface still says unasked has no tag.
rig_noise+=(vlan)
smoke_end 160
