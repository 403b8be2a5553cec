#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# reload.sh signal|watch [RELOADS]: more than 200 reloads while clients send without a pause, half of
# them of bad files; and an endpoint that is drained. Not a datagram is lost or at a wrong place.
# Reloads are asked for by SIGHUP and over the telemetry socket in turn, or by the change of the file
# alone.
set -eu
. "$(dirname "$0")/smoke.sh"

smoke_up
rig_clients 4
rig_files "$smoke_port" 198.51.100.2:26000
if [ "$1" = watch ]; then
	echo 'watch: true' >>"$rig_dir/appliance.yaml"
fi
"$root/tests/smoke/reload.py" file >"$rig_dir/proxy.yaml"
natterjack_start 1
rig_in client "$root/tests/smoke/reload.py" "$1" "$rig_name-server" "$rig_prefix" "$rig_natterjack" \
	"$rig_dir" "${2-208}"
smoke_end 10000 endpoint_draining=5 load_balancer/no_endpoint=10
