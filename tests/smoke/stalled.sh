#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A worker that is stuck in a filter (tests/plugin/stuck.c) and comes back: what the log, telemetry,
# njctl, probes and systemd hear of it.
set -eu
. "$(dirname "$0")/smoke.sh"
smoke_needs socat

address=127.0.0.1:9091

njctl=$rig_build/app/njctl

# info MEMBER: a number of /natterjack/info.
info() {
	natterjack_ask /natterjack/info | sed -n "s/^  \"$1\": \([0-9]*\).*/\1/p"
}

is_stalled() {
	[ "$(info workers_stalled)" -eq "$1" ]
}

# The signs of life that systemd got so far.
signs() {
	grep -c WATCHDOG=1 "$rig_dir/systemd.log" || :
}

signs_go_on() {
	[ "$(signs)" -gt "$1" ]
}

uptime_is() {
	[ "$(info uptime)" -ge "$1" ]
}

# live STATUS TEXT: what /live comes to answer.
live() {
	rig_in proxy "$root/tests/smoke/serve_check.py" until "$address" /live "$1" "$2" || die '/live'
}

logged_once() {
	[ "$(grep -c "$1" "$rig_dir/natterjack.log")" -eq 1 ] || die "'$1' is not logged once"
}

TMPDIR=$(private_folder)
[ -n "$TMPDIR" ] || smoke_skip 'every folder to put a filter into is open to everybody'
export TMPDIR
smoke_up
object=$rig_dir/libstuck.so
cp "$rig_build/tests/smoke/libstuck.so" "$object"
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
sed -i "s|^eal: .*|eal: [\"--file-prefix=$rig_prefix\", \"-d$object\"]|" "$rig_dir/appliance.yaml"
printf 'filters:\n  - name: test.v1alpha1.Stuck\n' >>"$rig_dir/proxy.yaml"
export NOTIFY_SOCKET=$rig_dir/systemd WATCHDOG_USEC=200000
rig_start systemd proxy "$root/tests/smoke/stalled_systemd.py" "$NOTIFY_SOCKET"
poll 10 test -S "$NOTIFY_SOCKET" || die 'nobody listens for natterjack'
natterjack_start 2
smoke_send --clients 40 --rounds 3
poll 10 signs_go_on 1 || die 'systemd hears nothing'

rig_in proxy ip link set lo up
rig_start serve proxy "$njctl" -p "$rig_prefix" serve --listen "$address"
poll 10 grep -q http "$rig_dir/serve.log" || die 'njctl does not serve'
live 200 ok

: >"$rig_dir/stuck"
printf 'stuck%s' "$rig_dir/stuck" | rig_in client socat -u - "UDP4:$smoke_address:$smoke_port"
poll 20 is_stalled 1 || die 'nobody notices a worker that is stuck'
logged_once 'has not polled for'
before=$(signs) began=$(info uptime)
"$njctl" -p "$rig_prefix" workers | grep -q stalled || die 'njctl shows no stalled worker'
live 503 '1 of 2 workers have stopped polling'
poll 10 uptime_is "$((began + 2))"
[ "$(signs)" -eq "$before" ] || die 'systemd still hears that all is well'

rm "$rig_dir/stuck"
poll 20 is_stalled 0 || die 'nobody notices that it is back'
logged_once 'polls again'
live 200 ok
poll 10 signs_go_on "$before" || die 'systemd hears nothing any more'
smoke_send --clients 40 --rounds 3
smoke_end 481
