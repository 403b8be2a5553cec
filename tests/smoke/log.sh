#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The log: to syslog, and with levels that change while natterjack runs; how lines on standard error
# begin, with the journal behind it and without.
set -eu
. "$(dirname "$0")/smoke.sh"

unshare -m true 2>/dev/null || smoke_skip 'no mount namespaces'
njctl=$rig_build/app/njctl

# natterjack with a /dev of its own, in which /dev/log is ours.
with_syslog() {
	cat >"$rig_dir/with-syslog" <<-EOF
		#!/bin/bash
		set -eu
		mkdir "$rig_dir/dev"
		mount -t tmpfs none "$rig_dir/dev"
		for node in null zero random urandom; do
			touch "$rig_dir/dev/\$node"
			mount --bind "/dev/\$node" "$rig_dir/dev/\$node"
		done
		ln -s "$rig_dir/syslog" "$rig_dir/dev/log"
		mount --rbind "$rig_dir/dev" /dev
		exec "$rig_program" --syslog "\$@"
	EOF
	cat >"$rig_dir/natterjack" <<-EOF
		#!/bin/sh
		exec unshare -m "$rig_dir/with-syslog" "\$@"
	EOF
	chmod +x "$rig_dir/with-syslog" "$rig_dir/natterjack"
	rig_start syslog proxy /usr/bin/python3 -uc '
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
    log.bind(sys.argv[1])
    while True:
        print(log.recv(65536).decode())' "$rig_dir/syslog"
	poll 10 test -S "$rig_dir/syslog" || die 'no syslog'
}

# said PATTERN: whether syslog was told so.
said() {
	grep -Eq "$1" "$rig_dir/syslog.log"
}

# ask STATUS PATTERN [ARG ...]: what njctl log answers.
ask() {
	local status=0

	"$njctl" -p "$rig_prefix" log "${@:3}" >"$rig_dir/answer" 2>&1 || status=$?
	{ [ "$status" -eq "$1" ] && grep -Eq "$2" "$rig_dir/answer"; } ||
		die "njctl log ${*:3}: $status, $(cat "$rig_dir/answer")"
}

reload() {
	natterjack_ask /natterjack/reload | grep '"ok"' >/dev/null || die 'it does not reload'
}

# begins PATTERN [ENVIRONMENT]: how an error's line begins on standard error.
begins() {
	local status=0

	env "${@:2}" "$rig_build/app/natterjack" -a "$rig_dir/appliance.yaml" -c "$rig_dir/proxy.yaml" \
		--check -- -d "$rig_dir/absent.so" 2>"$rig_dir/error.log" || status=$?
	{ [ "$status" -eq 2 ] && grep -Eq "^$1level=error type=plugins event=plugin_refused " "$rig_dir/error.log"; } ||
		die "not '$1': $status, $(cat "$rig_dir/error.log")"
}

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
with_syslog
rig_program=$rig_dir/natterjack
natterjack_start 1
# The facility daemon, 3 times 8, and the severity notice, 5.
poll 10 said '^<29>.* natterjack\[[0-9]+\]: level=notice type=main event=ready version=' ||
	die 'syslog is not told that it is ready'
! grep -q level= "$rig_dir/natterjack.log" || die 'standard error has what syslog has'

ask 0 '^reload +info'
"$njctl" -j -p "$rig_prefix" log | grep -q '^  "reload": "info",\{0,1\}$' || die 'njctl -j log has no levels'
ask 0 '^ok' reload error
reload
ask 0 '^reload +error'
ask 0 '^ok' reload info
reload
"$njctl" -j -p "$rig_prefix" log reload info | grep -q '"result": "ok"' || die 'njctl -j log has no result'
poll 10 said 'type=reload event=policy_in_force path=.* generation=3$' || die 'generation 3 is not logged'
! said 'generation=2' || die 'generation 2 is logged in spite of the level'
ask 1 '^njctl: log nonsense info: no such type' nonsense info
ask 1 '^njctl: log reload loud: no such level' reload loud
ask 2 '^njctl: log takes a TYPE and a LEVEL' reload

smoke_send --rounds 2
smoke_end 4
said 'level=notice type=main event=stopping' || die 'syslog is not told of the end'

begins 'time=[-0-9]+T[:0-9]+Z '
: >"$rig_dir/error.log" # there, so that it has a number
begins '<3>' "JOURNAL_STREAM=$(stat -c %d:%i "$rig_dir/error.log")"
