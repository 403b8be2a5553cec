#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# nic.sh NIC[,OPTION...] WORKERS [spread]: natterjack on a PCI NIC, in an emulated PC, where
# natterjack-start takes the NIC from its kernel: datagrams of all sizes and both families reach a
# server and come back whole, also after the cable was pulled. natterjack-stop gives all back. A NIC
# that can spread flows over its queues brings each to the worker that owns it.
set -eu
. "$(dirname "$0")/pc.sh"

# send IPv4|IPv6 SIZES
send() {
	case $1 in
	IPv4) smoke_send --source 192.0.2.2 --clients 20 --rounds 3 --sizes "$2" ;;
	IPv6) smoke_address=2001:db8:1::1 smoke_send --source 2001:db8:1::2 \
		--clients 20 --rounds 3 --sizes "$2" ;;
	esac
}

[ "${3-}" != spread ] || { pc_queues=$2 && pc_multi_queue=multi_queue; }
pc_needs
smoke_up
rig_echo_on client 192.0.2.3 26000
rig_echo_on client 2001:db8:1::3 26000
pc_boot "$1" $(($2 + 1))
pc_start --workers "$2"
send IPv4 1,2,17,64,200,512,1000,1280,1471,1472
send IPv6 1,1452
pc_ipv6
send IPv6 1,2,17,64,512,1280,1451,1452
pc_link down
pc_link up
send IPv4 1,1452
natterjack_law --no-drops --at-least 2640 "${rig_noise[@]/#/--noise=}"
[ "${3-}" != spread ] || natterjack_ask /natterjack/stats | grep '"handoffs": 0,' ||
	die 'flows came to workers that do not own them'
pc_stop
