#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A device that cannot start: natterjack says which and why, and ends with status 1.
set -eu
. "$(dirname "$0")/smoke.sh"

# expect_refused DEVICE PATTERN: the first port's device is replaced.
expect_refused() {
	local status=0

	rig_files "$smoke_port" 198.51.100.2:26000
	sed -i "s/net_af_packet0,iface=c0/$1/" "$rig_dir/appliance.yaml"
	natterjack_start 1 2>/dev/null && die "$1: it started"
	poll 10 rig_ended "$rig_natterjack" || die "$1: it does not end"
	wait "$rig_natterjack" || status=$?
	[ "$status" -eq 1 ] || die "$1: exit status $status instead of 1"
	grep -q "$2" "$rig_dir/natterjack.log" || die "$1: it does not say $2"
	grep "$2" "$rig_dir/natterjack.log"
}

smoke_up
expect_refused net_af_packet0,iface=nj-none nj-none
expect_refused net_nonesuch0 net_nonesuch0
expect_refused 0000:ff:1f.7 0000:ff:1f.7
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
natterjack_start 1
smoke_send --rounds 5
smoke_end 10
