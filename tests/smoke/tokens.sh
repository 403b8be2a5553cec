#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# tokens.sh WORKERS: 4,500 clients, by port and by address, are routed by the token behind their
# payload to 300 endpoints: each payload comes to its token's endpoint only, without the token, and
# each client gets its own back.
set -eu
. "$(dirname "$0")/smoke.sh"

smoke_up
rig_clients 250
rig_servers 3
rig_files "$smoke_port" 198.51.100.2:26000
"$root/tests/smoke/tokens.py" file >"$rig_dir/proxy.yaml"
natterjack_start "$1"
rig_in client "$root/tests/smoke/tokens.py" send "$rig_name-server"
smoke_end 18000 token_router/no_endpoint=100
