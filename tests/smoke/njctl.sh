#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command of njctl, against a natterjack that has had traffic, and without one.
set -eu
. "$(dirname "$0")/smoke.sh"
. "$(dirname "$0")/promtool.sh"

njctl=$rig_build/app/njctl

promtool_needed
smoke_up
"$root/tests/smoke/njctl_failures.py" "$njctl" "$rig_prefix" "$rig_dir"
"$root/tests/smoke/njctl_top.py" "$njctl" "$rig_prefix" "$rig_dir"
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
cat >>"$rig_dir/proxy.yaml" <<-EOF
	filters:
	  - name: quilkin.filters.capture.v1alpha1.Capture
	    config: {metadataKey: at, suffix: {size: 8}}
	    label: x$(printf 'é%.0s' {1..80})
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
rig_in client "$root/tests/smoke/njctl_aged.py" "$smoke_address" "$smoke_port"
"$root/tests/smoke/njctl_check.py" "$njctl" "$rig_prefix"
"$root/tests/smoke/njctl_completion.sh" "$njctl" "$rig_prefix" 198.51.100.2:26000
"$root/tests/smoke/njctl_changes.py" "$njctl" "$rig_prefix" "$rig_dir/proxy.yaml"
smoke_end 240
