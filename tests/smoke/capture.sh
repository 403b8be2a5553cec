#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# njctl capture, read back with tshark: before and after, what is dropped and why, and every way to
# end.
set -eu
. "$(dirname "$0")/smoke.sh"

smoke_needs tshark
njctl=$rig_build/app/njctl
runtime=${RUNTIME_DIRECTORY:-/var/run}/dpdk/$rig_prefix

running() {
	natterjack_ask /natterjack/capture | grep '"running": 1' >/dev/null
}

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
cat >>"$rig_dir/proxy.yaml" <<-EOF
	filters:
	  - name: quilkin.filters.capture.v1alpha1.Capture
	    config: {metadataKey: at, suffix: {size: 8, remove: true}}
EOF
natterjack_start 2
grep -q 'type=confine message="confined: capabilities none' "$rig_dir/natterjack.log" || die 'it is not confined while it captures'
rig_in client "$root/tests/smoke/capture_check.py" "$njctl" "$rig_prefix" "$rig_dir" \
	"$smoke_address" "$smoke_port"

# One that goes on when natterjack ends, ends as well.
rig_start njctl proxy "$njctl" -t 30 -p "$rig_prefix" capture --dropped any -w "$rig_dir/last.pcapng"
poll 30 running || die 'the last capture does not begin'
smoke_end 8 capture/miss=2
poll 40 rig_ended "$rig_pid" || die 'njctl goes on without natterjack'
tshark -r "$rig_dir/last.pcapng" >/dev/null 2>&1 || die 'the last capture is no whole file'
[ -z "$(find "$runtime" -name 'capture.*' 2>/dev/null)" ] || die 'a socket was left behind'
