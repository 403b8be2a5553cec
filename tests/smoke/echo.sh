#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Datagrams of every size that has an edge come back as they were, from a kernel that leaves the
# checksum to its NIC (as it does by default) or, with the argument "whole", fills it in itself.
set -eu
. "$(dirname "$0")/smoke.sh"

smoke_up
if [ "${1-}" = whole ]; then
	smoke_needs ethtool
	rig_whole_checksums
fi
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
natterjack_start 1
smoke_send --sizes 0,1,2,17,18,19,511,512,1471,1472 --rounds 3
smoke_send --sizes 0,1,2,17,18,19,511,512,1471,1472 --clients 8 --burst 4
smoke_end 700
