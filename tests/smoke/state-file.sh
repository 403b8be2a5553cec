#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A state file that is none is put aside with one line, and natterjack starts without it; where there
# can be none at present, it starts and says so; one that another process has keeps it from starting.
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

# on_full_disk PROGRAM [ARG ...]: with a file system at $rig_dir/disk that has no room.
cat >"$rig_dir/on-full-disk" <<-EOF
	#!/bin/sh
	set -eu
	mount -t tmpfs -o size=8k none "$rig_dir/disk"
	head -c 8192 /dev/zero >"$rig_dir/disk/full"
	exec "$rig_program" "\$@"
EOF
cat >"$rig_dir/natterjack" <<-EOF
	#!/bin/sh
	exec unshare -m "$rig_dir/on-full-disk" "\$@"
EOF
chmod +x "$rig_dir/on-full-disk" "$rig_dir/natterjack"
mkdir "$rig_dir/disk"

# starts_without PATH ERROR: natterjack forwards, and says what is wrong with the state file.
starts_without() {
	state_file "$1"
	: >"$rig_dir/natterjack.log"
	natterjack_start 1
	[ "$(grep -c "state file $1: sessions are not kept until it can be made" "$rig_dir/natterjack.log")" -eq 1 ] ||
		die "it does not say once that $1 cannot be made"
	natterjack_ask /natterjack/info | grep "\"state_file_error\": *\"$2\"" >/dev/null ||
		die "/natterjack/info has not the error of $1"
	smoke_send
}

program=$rig_program
if unshare -m true 2>/dev/null; then
	rig_program=$rig_dir/natterjack
	starts_without "$rig_dir/disk/sessions" 'No space left on device'
	smoke_end 2
	rig_program=$program
fi
starts_without "$rig_dir/nowhere/at/all" 'No such file or directory'
mkdir -p "$rig_dir/nowhere/at"
smoke_end 2 # and tries once more
[ -s "$rig_dir/nowhere/at/all" ] || die 'the file was not made once it could be'
