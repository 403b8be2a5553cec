#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# soak.sh [MINUTES [CLIENTS_A_MINUTE]]: clients come and go, while files good and bad are loaded, links
# flap, and endpoints restart or hang. At the end the law holds, and nothing is left: no session, no
# port, no packet buffer, and no more memory than there was early on. Of six clients five have a
# session: others come when a link is down, or to an endpoint that has no port left.
#
#     tests/smoke/soak.sh 20    the figures of docs/reliability.md
set -eu
. "$(dirname "$0")/smoke.sh"
minutes=${1-20} clients=${2-126000}
ports=20000-$((20000 + clients * 7 / 200)) # fewer than sessions that most want at once

smoke_up
rig_clients 250
rig_sessions="capacity: 65536, ttl: 5s, unreplied_ttl: 3s, ports: $ports"
rig_files "$smoke_port" 198.51.100.2:26000
"$root/tests/smoke/soak.py" file >"$rig_dir/proxy.yaml"
natterjack_start 2
"$root/tests/smoke/soak.py" run "$rig_name" "$rig_natterjack" "$rig_dir/proxy.yaml" "$minutes" \
	"$clients" "$ports" &
wait $! # so that whoever ends this one need not wait for that one
natterjack_law --at-least 1000
natterjack_stop TERM
