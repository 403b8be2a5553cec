#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# refused.sh WORKERS: a port that nobody listens on, be it an endpoint's or natterjack's own. The
# client's socket is told so, whatever the families of client and endpoint are, and it is counted at
# the endpoint.
set -eu
. "$(dirname "$0")/smoke.sh"

# expect_refused ADDRESS PORT
expect_refused() {
	rig_in client "$root/tests/smoke/icmp_errors.py" refused "$1" "$2" || die "$1 port $2: not refused"
}

# unreachable ENDPOINT: how often it has refused, or less.
unreachable() {
	natterjack_ask /natterjack/clusters | /usr/bin/python3 -c '
import json, sys
print(sum(e["unreachable"] for e in json.load(sys.stdin) if e["address"] == sys.argv[1]))' "$1"
}

smoke_needs ping
smoke_up
rig_ipv6
rig_files "$smoke_port" 198.51.100.2:9
natterjack_start "$1"
for address in 192.0.2.1 2001:db8:1::1; do
	smoke_reaches client "$address"
	expect_refused "$address" 9
	for endpoint in 198.51.100.2:9 '[2001:db8:2::2]:9'; do
		smoke_endpoints "$endpoint"
		expect_refused "$address" "$smoke_port"
		[ "$(unreachable "$endpoint")" -gt 0 ] || die "not counted at $endpoint"
		echo "$address: $endpoint refused"
	done
done
natterjack_law --at-least 10
natterjack_stop TERM
