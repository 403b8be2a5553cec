#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What natterjack gives up once it forwards: no thread has a capability left, others cannot use its
# telemetry socket, and everything that it does still goes on.
set -eu
. "$(dirname "$0")/smoke.sh"

smoke_needs setpriv getent

group=games
socket=${RUNTIME_DIRECTORY:-/var/run}/dpdk/$rig_prefix/dpdk_telemetry.v2

# status FIELD: what the threads have there, each value once.
status() {
	sed -n "s/^$1:\s*//p" "/proc/$rig_natterjack/task"/*/status | sort -u
}

# expect_status FIELD VALUE
expect_status() {
	[ "$(status "$1")" = "$2" ] || die "$1 is $(status "$1" | paste -sd' ') and not $2"
}

expect_confined() {
	local field

	for field in CapInh CapPrm CapEff CapAmb; do
		expect_status "$field" 0000000000000000
	done
	expect_status NoNewPrivs 1
	# Built without libseccomp it says so.
	grep -q 'no system calls are refused' "$rig_dir/natterjack.log" || expect_status Seccomp 2
}

# connect GROUP: as nobody of that group; fails with Python's name for the error.
connect() {
	setpriv --reuid nobody --regid "$1" --clear-groups /usr/bin/python3 -c '
import socket, sys
try:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(sys.argv[1])
        s.recv(4096)
except OSError as error:
    sys.exit(type(error).__name__)' "$socket" 2>&1
}

# njctl_as GROUP COMMAND ...: njctl as nobody of that group, who may not enter our folders, so it is
# an open file.
njctl_as() {
	setpriv --reuid nobody --regid "$1" --clear-groups /proc/self/fd/9 -p "$rig_prefix" "${@:2}" \
		9<"$rig_build/app/njctl"
}

# packets_for GROUP: what natterjack tells nobody of that group who wants packets at a socket of
# their own.
packets_for() {
	setpriv --reuid nobody --regid "$1" --clear-groups /usr/bin/python3 -c '
import os, socket, sys, tempfile
os.umask(0)
with tempfile.TemporaryDirectory() as directory:
    os.chmod(directory, 0o755)
    with socket.socket(socket.AF_UNIX) as mine, \
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as its:
        mine.bind(directory + "/packets")
        mine.listen()
        its.connect(sys.argv[1])
        its.recv(4096)
        its.send(f"/natterjack/capture,socket={directory}/packets".encode())
        print(its.recv(4096).decode())' "$socket"
}

expect_refused() {
	local said

	! said=$(connect "$1") || die "nobody of the group $1 may use the telemetry socket"
	[ "$said" = PermissionError ] || die "nobody of the group $1: $said"
}

smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
natterjack_start 1
expect_confined
grep 'type=confine message="confined: capabilities none, no new privileges' "$rig_dir/natterjack.log"
expect_refused nogroup
expect_refused "$group"

# It forwards, reads its files, resolves names, drains; and once more when a link was down.
smoke_send --clients 20 --rounds 2
smoke_endpoints localhost:26000 198.51.100.2:26000
smoke_endpoints 198.51.100.2:26000
natterjack_ask /natterjack/endpoint,drain,198.51.100.2:26000 | grep '"ok"' >/dev/null
natterjack_ask /natterjack/endpoint,undrain,198.51.100.2:26000 | grep '"ok"' >/dev/null
rig_in client ip link set eth0 down
rig_in client ip link set eth0 up
rig_in client ip route replace default via 192.0.2.1
smoke_reaches client 192.0.2.1
smoke_send --clients 20 --rounds 2
expect_confined # those of the connections to the socket, too
smoke_end 160

# With a group that group may; and who asks for it keeps everything.
printf 'telemetry: {group: %s}\nconfine: false\n' "$group" >>"$rig_dir/appliance.yaml"
natterjack_start 1
expect_refused nogroup
connect "$group" || die "the group $group may not use the telemetry socket"
njctl_as "$group" -j stats >"$rig_dir/stats" || die "njctl does not work for the group $group"
# Packets are root's: the group may not make a socket beside natterjack's, and another is no use.
status=0
njctl_as "$group" capture --dropped any -w - >/dev/null 2>"$rig_dir/refused" || status=$?
{ [ "$status" -eq 1 ] && grep -qx "njctl: ${socket%/*}/capture\.[0-9]*: Permission denied" "$rig_dir/refused"; } ||
	die "njctl capture for the group: $status, $(cat "$rig_dir/refused")"
packets_for "$group" | grep 'packets: Operation not permitted' || die 'the group may have packets'
grep 'type=confine message="not confined' "$rig_dir/natterjack.log"
[ "$(status CapEff)" = "$(sed -n 's/^CapEff:\s*//p' /proc/self/status)" ] || die 'it lost something'
expect_status NoNewPrivs 0
smoke_send --clients 5 --rounds 1
smoke_end 10
