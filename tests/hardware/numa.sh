#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# natterjack on a machine of two NUMA nodes, whose NIC is on the second: natterjack-start would choose
# CPUs and take memory there; and where the EAL's options name CPUs of both nodes, each worker's
# sessions are on its own.
set -eu
. "$(dirname "$0")/pc.sh"

# Two nodes of two CPUs each. The NIC is on the bus behind the second's bridge.
two_nodes() {
	local node

	pc_memory=(-m 1536)
	for node in 0 1; do
		pc_memory+=(-object "memory-backend-ram,id=node$node,size=768M"
			-numa "node,nodeid=$node,cpus=$((2 * node))-$((2 * node + 1)),memdev=node$node")
	done
	pc_memory+=(-device "pxb-pcie,id=far,bus=pcie.0,bus_nr=128,numa_node=1"
		-device "pcie-root-port,id=far_port,bus=far,chassis=1")
	pc_slot=bus=far_port
	pc_nic=0000:81:00.0
	pc_capacity=300000 # 27 MB of each of two workers
}

# allocated NODE: MB that natterjack has of a node's hugepages.
allocated() {
	natterjack_ask "/eal/heap_info,$1" |
		awk -F '[:,]' '/"Alloc_size"/ { bytes = $2 } END { print int(bytes / 1000000) }'
}

pc_needs
two_nodes
smoke_up
rig_echo_on client 192.0.2.3 26000
pc_boot e1000e 4
pc_run 'natterjack-start --dry-run --workers 1' >"$rig_dir/steps"
grep -e '--lcores=0@2,1@3$' "$rig_dir/steps" || die "its CPUs are not the NIC's: $(<"$rig_dir/steps")"
! grep node0/hugepages "$rig_dir/steps" || die 'it takes memory that is not near the NIC'
grep -q node1/hugepages "$rig_dir/steps" || die 'it takes no memory near the NIC'

pc_start -- -l 0,1,3 # workers on 1 and 3
for node in 0 1; do
	[ "$(allocated "$node")" -ge 25 ] || die "$(allocated "$node") MB on node $node are no worker's"
done
smoke_send --source 192.0.2.2 --clients 20 --rounds 3 --sizes 1,64,1472
natterjack_law --no-drops --at-least 120 "${rig_noise[@]/#/--noise=}"
pc_stop
