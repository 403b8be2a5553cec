# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Changes to the machine, each remembered before it is made, and undone in reverse: sourced, after
# say.sh and sysroot.sh. With $dry_run every one is printed as the command that it is, and no more.
dry_run=
: "${sysroot=}"
run_dir=$sysroot/run/natterjack
changes_file=$run_dir/changes # a line each: what undoes it
changes_dry=()

# remember write PATH VALUE | umount PATH | module NAME | driver PATH DRIVER OVERRIDE
remember() {
	if [ -n "$dry_run" ]; then
		changes_dry+=("$*")
	else
		mkdir -p "$run_dir"
		printf '%s\n' "$*" >>"$changes_file"
	fi
}

# run COMMAND [ARG ...]
run() {
	if [ -n "$dry_run" ]; then
		printf '%s\n' "$*"
	else
		"$@"
	fi
}

# write PATH VALUE: below $sysroot.
write() {
	if [ -n "$dry_run" ]; then
		printf 'echo %s >%s\n' "${2:-"''"}" "$1"
	else
		printf '%s\n' "$2" 2>/dev/null >"$sysroot$1"
	fi
}

# The lines of what is to be undone, the last one first.
changes_reversed() {
	if [ -n "$dry_run" ] && [ "${#changes_dry[@]}" -gt 0 ]; then
		printf '%s\n' "${changes_dry[@]}" | tac
	elif [ -e "$1" ]; then
		tac "$1"
	fi
}

# Undoes all changes, once: whoever moves the file away does it. What fails does not keep the rest
# from being undone.
undo() {
	local list=$changes_file verb arguments status=0

	if [ -z "$dry_run" ]; then
		list=$changes_file.$$
		mv "$changes_file" "$list" 2>/dev/null || return 0
	fi
	while read -r verb arguments; do
		# shellcheck disable=SC2086 # words
		"undo_$verb" $arguments || { say_error "cannot undo: $verb $arguments" && status=1; }
	done < <(changes_reversed "$list")
	[ -n "$dry_run" ] || rm -f "$list"
	return "$status"
}

undo_write() {
	write "$1" "$2"
}

undo_umount() {
	run umount "$1"
}

# Whoever else uses the module by now keeps it.
undo_module() {
	run modprobe -r "$1" || :
}

# undo_driver PATH DRIVER|- [OVERRIDE]
undo_driver() {
	[ -z "$(sys_target "$1/driver")" ] || write "$1/driver/unbind" "${1##*/}" || :
	write "$1/driver_override" "${3-}" || return 1
	[ "$2" = - ] || write /sys/bus/pci/drivers_probe "${1##*/}"
}

# process_save PID: natterjack's, with the time it began at, as numbers come again.
process_save() {
	mkdir -p "$run_dir"
	printf '%s %s\n' "$1" "$(process_began "$1")" >"$run_dir/process"
}

process_began() {
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	stat=${stat##*) }
	[[ $stat = Z* ]] || cut -d ' ' -f 20 <<<"$stat"
}

# The number of natterjack's process; nothing where it does not run.
process_running() {
	local pid began

	read -r pid began 2>/dev/null <"$run_dir/process" || return 0
	[ -z "$began" ] || [ "$(process_began "$pid")" != "$began" ] || printf '%s\n' "$pid"
}
