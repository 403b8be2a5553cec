#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The first thing that a new user runs: scripts/quickstart goes through, and shows that all came back.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$root/scripts/quickstart" >"$log" 2>&1 || { cat "$log" && exit 1; }
for line in 'Sessions: each client' '= transmitted' 'It worked.'; do
	grep -q "$line" "$log" || { cat "$log" && echo "it does not say '$line'" && exit 1; }
done
! grep -q Traceback "$log" || { cat "$log" && exit 1; }
