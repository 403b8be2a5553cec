#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# natterjack-start and natterjack-stop on a machine of files: what they write, that all is as before
# when natterjack has ended, could not start or is stopped, and that it is undone once.
set -eu
. "$(dirname "$0")/machine.sh"

nic=/sys/bus/pci/devices/0000:3b:00.0
huge=/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages

# natterjack BODY: a program in its place, which has the plan of the real one.
natterjack() {
	cat >"$machine/natterjack" <<-EOF
		#!/bin/bash
		[[ " \$* " != *" --plan "* ]] || exec "$real" "\$@"
		$1
	EOF
	chmod +x "$machine/natterjack"
	export NJ_PROGRAM=$machine/natterjack
}

# as_before WHAT: nothing is left of it.
as_before() {
	[ "$(cat "$NJ_SYSROOT$huge")" = 512 ] || die "$1: $(cat "$NJ_SYSROOT$huge") hugepages"
	! grep -q vfio "$NJ_SYSROOT$nic/driver_override" || die "$1: the override stays"
	[ -z "$(ls "$NJ_SYSROOT/run/natterjack")" ] || die "$1: $(ls "$NJ_SYSROOT/run/natterjack") stays"
	echo "ok: $1"
}

# until_said TEXT: waits for this line in the pipe `said`.
until_said() {
	local line=

	while [ "$line" != "$1" ]; do
		read -rt 30 -u "$said" line || die "no '$1'"
	done
}

machine_up
[ "$(id -u)" -eq 0 ] || { echo 'skipped: not root' && exit 77; }
real=$NJ_PROGRAM
machine_iommu
machine_nic 0000:3b:00.0 0 ixgbe eth1
machine_files '["-m", "1100"]' 0000:3b:00.0

# The kernel here is files, so the NIC does not change its driver: the start fails halfway.
natterjack 'echo started'
expect 'a driver that does not take it' 1 start <<EOF
natterjack-start: 0000:3b:00.0: vfio-pci does not take it (see: dmesg | grep '0000:3b:00.0')
EOF
as_before 'undone after it'
[ "$(cat "$NJ_SYSROOT$nic/driver/unbind" "$NJ_SYSROOT/sys/bus/pci/drivers_probe")" = \
	$'0000:3b:00.0\n0000:3b:00.0' ] || die 'it was not bound anew'
[ "$(cat "$machine/called")" = $'modprobe vfio-pci\nmodprobe -r vfio-pci' ] || die 'modprobe'

# From now on it has the driver.
mkdir -p "$NJ_SYSROOT/sys/bus/pci/drivers/vfio-pci"
ln -sfn ../../drivers/vfio-pci "$NJ_SYSROOT$nic/driver"
natterjack "cat $NJ_SYSROOT$huge; exit 3"
expect 'natterjack ends by itself' 3 start <<<562
as_before 'undone after it'

mkfifo "$machine/said" "$machine/silence"
exec {said}<>"$machine/said"
natterjack "trap 'echo got TERM; exit 0' TERM; echo 'natterjack: ready'
while :; do read -rt 0.02 _ <>$machine/silence; done"
"$root/scripts/natterjack-start" -a "$machine/appliance.yaml" -c "$machine/proxy.yaml" \
	>"$machine/said" 2>&1 &
pid=$!
until_said 'natterjack: ready'
expect 'started twice' 1 start <<EOF
natterjack-start: natterjack runs already, as process $(cut -d ' ' -f 1 "$NJ_SYSROOT/run/natterjack/process") (natterjack-stop ends it)
EOF
kill "$pid"
wait "$pid" || die 'SIGTERM: not status 0'
until_said 'got TERM'
as_before 'undone after SIGTERM'

expect 'as a daemon' 0 start --daemon </dev/null
[ "$(cat "$NJ_SYSROOT$huge")" = 562 ] || die 'no hugepages for the daemon'
expect 'what a stop would do' 0 "$root/scripts/natterjack-stop" --dry-run <<EOF
kill $(cut -d ' ' -f 1 "$NJ_SYSROOT/run/natterjack/process")
echo 512 >$huge
EOF
"$root/scripts/natterjack-stop"
as_before 'undone by natterjack-stop'
expect 'a stop of nothing' 0 "$root/scripts/natterjack-stop" </dev/null

natterjack 'echo "no room" >&2; exit 1'
expect 'a daemon that cannot start' 1 start --daemon <<EOF
no room
natterjack-start: natterjack did not get ready; its log: root/var/log/natterjack.log
EOF
as_before 'undone after it'

# As systemd starts it: it becomes natterjack, and leaves the undoing to natterjack-stop.
natterjack 'echo $$'
NOTIFY_SOCKET=@none "$root/scripts/natterjack-start" -a "$machine/appliance.yaml" \
	-c "$machine/proxy.yaml" >"$machine/log" &
pid=$!
wait "$pid"
[ "$(cat "$machine/log")" = "$pid" ] || die 'it is another process'
[ "$(cat "$NJ_SYSROOT$huge")" = 562 ] || die 'undone too early'
natterjack 'echo again'
expect 'started on what was left' 0 start <<<again
as_before 'undone once'
