#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# njctl serve: what it answers with a natterjack, without one, and to hostile clients; and the status
# page in Chromium, over an end and a new start of natterjack.
set -eu
. "$(dirname "$0")/smoke.sh"
. "$(dirname "$0")/promtool.sh"
smoke_needs chromium socat

njctl=$rig_build/app/njctl
address=127.0.0.1:9091

# serve ADDRESS: njctl serve there, until it answers.
serve() {
	rig_start serve proxy "$njctl" -p "$rig_prefix" -t 20 serve --listen "$1"
	poll 10 grep -qF "http://$1/" "$rig_dir/serve.log" || die "njctl does not serve at $1"
}

# check WHAT [ARGUMENT ...]: see serve_check.py.
check() {
	rig_in proxy "$root/tests/smoke/serve_check.py" "$@"
}

# page_wants WHAT: whether page_check.py has come to where natterjack is to be gone, or back.
page_wants() {
	[ -e "$rig_dir/$1" ] || rig_ended "$page"
}

"$njctl" serve --listen x 2>&1 | grep 'built without' && smoke_skip 'njctl cannot serve'
promtool_needed
smoke_up
rig_in proxy ip link set lo up
rig_servers 2
rig_echo_on server 198.51.100.2 26000
rig_echo_on server 198.51.100.3 26000
rig_files "$smoke_port" 198.51.100.2:26000 198.51.100.3:26000
cat >>"$rig_dir/proxy.yaml" <<-EOF
	filters:
	  - name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer
	    config: {policy: HASH}
	    label: "<b onclick='x'>&amp;"
EOF

serve '[::1]:9091'
check nobody '[::1]:9091'
rig_stop "$rig_pid"
serve "$address"
serving=$rig_pid
check nobody "$address"
! rig_in proxy "$njctl" -p "$rig_prefix" serve >"$rig_dir/taken" 2>&1 || die 'two at one port'
grep -qx "njctl: listen at $address: Address already in use" "$rig_dir/taken" ||
	die "where the port is taken it said: $(cat "$rig_dir/taken")"

natterjack_start 2
smoke_send --clients 41 --rounds 3
printf x | rig_in client socat -u - "UDP4:$smoke_address:99"
check running "$address" "$rig_prefix"
rig_in proxy "$root/tests/smoke/serve_hostile.py" "$address"
check running "$address" "$rig_prefix"

rig_start page proxy "$root/tests/smoke/page_check.py" "http://$address/" "$rig_prefix" \
	"$rig_dir" "$rig_build/pictures"
page=$rig_pid
poll 90 page_wants gone || die 'the page test does not come to the end of natterjack'
natterjack_law --no-drops --at-least 247 --drop=no_listener=1
natterjack_stop TERM
poll 90 page_wants back || die 'the page test does not come to the new start'
natterjack_start 2
smoke_send --clients 7 --rounds 2
touch "$rig_dir/here"
wait "$page" || die 'the page'
rig_stop "$serving"
smoke_end 28
