#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Whoever reads the log hangs: natterjack goes on, says later how much of it is missing, and ends when
# it is told to.
set -eu
. "$(dirname "$0")/smoke.sh"

# natterjack with standard error into a pipe of one page that we hold open, and do not read.
with_pipe() {
	mkfifo "$rig_dir/pipe"
	exec {reader}<>"$rig_dir/pipe"
	/usr/bin/python3 -c 'import fcntl, sys; fcntl.fcntl(int(sys.argv[1]), fcntl.F_SETPIPE_SZ, 4096)' "$reader"
	cat >"$rig_dir/natterjack" <<-EOF
		#!/bin/sh
		exec "$rig_program" "\$@" 2>"$rig_dir/pipe"
	EOF
	chmod +x "$rig_dir/natterjack"
	rig_program=$rig_dir/natterjack
}

# reads TEXT: the log up to a line that has it, into $rig_dir/read.
reads() {
	local line

	while IFS= read -rt 10 -u "$reader" line; do
		echo "$line" >>"$rig_dir/read"
		case $line in *"$1"*) return ;; esac
	done
	die "the log does not have: $1"
}

another_second() {
	[ "$EPOCHSECONDS" -ne "$second" ]
}

# More than natterjack keeps: a reload of a file with mistakes has a line for each, a hundred a second.
fill() {
	local i

	cp "$rig_dir/proxy.yaml" "$rig_dir/right"
	for i in {1..99}; do
		printf 'mistake%03d%0900d: 1\n' "$i" 0
	done >>"$rig_dir/proxy.yaml"
	for i in {1..6}; do
		second=$EPOCHSECONDS
		natterjack_ask /natterjack/reload | grep refused >/dev/null || die 'the mistakes are taken'
		poll 10 another_second
	done
	cp "$rig_dir/right" "$rig_dir/proxy.yaml"
	natterjack_ask /natterjack/reload | grep '"ok"' >/dev/null || die 'it does not reload'
}

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
with_pipe
natterjack_command 1 256
rig_start natterjack "$rig_proxy" "${rig_command[@]}"
rig_natterjack=$rig_pid
reads 'natterjack: ready'
fill
rig_in client ip neighbor flush dev eth0
smoke_reaches client 192.0.2.1
smoke_send --rounds 2
reads 'type=main event=left_out lines='
fill
smoke_end 4
