#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command under /natterjack/ answers, and with figures that agree with what was sent.
set -eu
. "$(dirname "$0")/smoke.sh"

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
cat >>"$rig_dir/proxy.yaml" <<-EOF
	filters:
	  - name: quilkin.filters.capture.v1alpha1.Capture
	    config: {metadataKey: at, suffix: {size: 8}}
	  - name: quilkin.filters.timestamp.v1alpha1.Timestamp
	    config: {metadataKey: at}
	  - name: quilkin.filters.match.v1alpha1.Match
	    config:
	      on_read:
	        metadataKey: at
	        branches: [{value: x, name: quilkin.filters.drop.v1alpha1.Drop}]
	        fallthrough: {name: quilkin.filters.pass.v1alpha1.Pass, label: others}
EOF
natterjack_start 2
smoke_send --clients 40 --rounds 3
"$root/tests/smoke/telemetry_check.py" "$rig_prefix" "$rig_dir"
if command -v dpdk-telemetry.py >/dev/null; then
	"$root/tests/smoke/telemetry_check.py" --dpdk "$rig_prefix" "$rig_dir"
else
	echo 'without dpdk-telemetry.py, which is not installed'
fi
smoke_end 240
