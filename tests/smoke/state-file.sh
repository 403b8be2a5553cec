#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A state file that is none is put aside with one line, and natterjack starts without it; one that
# cannot be, or that another process has, keeps it from starting.
set -eu
. "$(dirname "$0")/smoke.sh"

# state_file PATH: the appliance file names it, and no other.
state_file() {
	sed -i '/^sessions:/d' "$rig_dir/appliance.yaml"
	echo "sessions: {capacity: 8192, state_file: $1}" >>"$rig_dir/appliance.yaml"
}

# starts_not MESSAGE ERROR: natterjack ends with status 1 and says so.
starts_not() {
	local status=0

	rig_in "$rig_proxy" "${rig_command[@]}" --file-prefix="$rig_prefix-2" \
		>"$rig_dir/second.log" 2>&1 || status=$?
	[ "$status" -eq 1 ] || die "exit status $status"
	grep -qF "message=\"$1\" error=\"$2\"" "$rig_dir/second.log" || die "it does not say: $1: $2"
}

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
file=$rig_dir/state/sessions
state_file "$file"
mkdir "$rig_dir/state"
echo nonsense >"$file"
natterjack_start 1
grep -qF "state file $file is not a state file of natterjack's: it is $file.refused now, and no session comes back" \
	"$rig_dir/natterjack.log" || die 'nothing is said of the file'
[ "$(cat "$file.refused")" = nonsense ] || die 'the file is another'
smoke_send --clients 20 --rounds 5
starts_not "state file $file: another process has it" 'Resource temporarily unavailable'
smoke_end 200
cp "$file" "$rig_dir/whole"

truncate -s -1 "$file"
natterjack_start 1
grep -qE "state file $file is of [0-9]+ bytes, and its head says [0-9]+: it is" \
	"$rig_dir/natterjack.log" || die 'nothing is said of the file that is cut short'
smoke_send
smoke_end 2

cp "$rig_dir/whole" "$file"
natterjack_start 1
grep -qF ': 20 sessions are back; 0 had expired' "$rig_dir/natterjack.log" || die 'not all are back'
smoke_end 0

state_file "$rig_dir"
starts_not "state file $rig_dir: it is not a file" 'Invalid argument'
state_file "$rig_dir/nowhere/at/all"
starts_not "state file $rig_dir/nowhere/at/all: open $rig_dir/nowhere/at/all.lock" 'No such file or directory'
