# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A machine of files for the scripts that set one up: sourced. Two NUMA nodes with four CPUs each,
# of which 2, 3, 6 and 7 are isolated, 512 hugepages on node 0, of which 500 are free, and none on
# node 1; NICs as the test has them.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/scripts/lib/say.sh"

machine_up() {
	machine=$(mktemp -d)
	export NJ_SYSROOT=$machine/root NJ_PROGRAM=${NJ_BUILD:-$root/build}/app/natterjack
	trap machine_down EXIT
	unset NOTIFY_SOCKET SSH_CONNECTION
	machine_file /proc/meminfo 'Hugepagesize:       2048 kB'
	machine_file /proc/mounts 'nodev /dev/hugepages hugetlbfs rw 0 0'
	machine_file /proc/net/route 'Iface Destination Gateway Flags RefCnt Use Metric Mask'
	machine_file /proc/net/ipv6_route ''
	machine_file /sys/bus/pci/drivers_probe ''
	machine_file /sys/devices/system/node/online 0-1
	machine_cpus
	machine_hugepages 0 512 500
	machine_hugepages 1 0 0
	machine_tools
}

machine_down() {
	local status=$?

	rm -rf "$machine"
	exit "$status"
}

# machine_file PATH TEXT
machine_file() {
	mkdir -p "$(dirname "$NJ_SYSROOT$1")"
	printf '%s\n' "$2" >"$NJ_SYSROOT$1"
}

machine_cpus() {
	local cpu

	machine_file /sys/devices/system/cpu/online 0-7
	machine_file /sys/devices/system/cpu/isolated 2-3,6-7
	machine_file /sys/devices/system/node/node0/cpulist 0-3
	machine_file /sys/devices/system/node/node1/cpulist 4-7
	for cpu in 0 1 2 3 4 5 6 7; do
		machine_file "/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list" "$cpu"
	done
}

# machine_hugepages NODE ALL FREE
machine_hugepages() {
	local path=/sys/devices/system/node/node$1/hugepages/hugepages-2048kB

	machine_file "$path/nr_hugepages" "$2"
	machine_file "$path/free_hugepages" "$3"
}

machine_iommu() {
	mkdir -p "$NJ_SYSROOT/sys/class/iommu/dmar0"
}

# machine_nic ADDRESS NODE DRIVER INTERFACE: in an IOMMU group of its own, where there is an IOMMU.
machine_nic() {
	local path=/sys/bus/pci/devices/$1 group=/sys/kernel/iommu_groups/$1

	machine_file "$path/numa_node" "$2"
	machine_file "$path/class" 0x020000
	machine_file "$path/driver_override" '(null)'
	mkdir -p "$NJ_SYSROOT/sys/bus/pci/drivers/$3" "$NJ_SYSROOT$path/net/$4" \
		"$NJ_SYSROOT/sys/class/net/$4"
	machine_file "/sys/bus/pci/drivers/$3/unbind" ''
	ln -s "../../drivers/$3" "$NJ_SYSROOT$path/driver"
	[ -d "$NJ_SYSROOT/sys/class/iommu" ] || return 0
	mkdir -p "$NJ_SYSROOT$group/devices/$1"
	ln -s "../../../../kernel/iommu_groups/$1" "$NJ_SYSROOT$path/iommu_group"
}

# What would change this machine, in place of it: each is only written down.
machine_tools() {
	local tool

	mkdir -p "$machine/bin"
	for tool in modprobe mount umount; do
		printf '#!/bin/sh\necho "%s $*" >>"%s/called"\n' "$tool" "$machine" >"$machine/bin/$tool"
	done
	printf '#!/bin/sh\n[ "$*" != "%s" ] || echo "2: eth9    inet 192.0.2.9/24"\n' \
		'-o address show to 192.0.2.9' >"$machine/bin/ip"
	chmod +x "$machine"/bin/*
	PATH=$machine/bin:$PATH
}

# machine_files EAL DEVICE ...: both files.
machine_files() {
	local i=0 device

	{
		printf 'eal: %s\nsessions: {capacity: 100000}\nports:\n' "$1"
		for device in "${@:2}"; do
			i=$((i + 1))
			printf '  - {device: "%s", addresses: [192.0.%s.10/24]}\n' "$device" "$i"
		done
	} >"$machine/appliance.yaml"
	cp "$root/config/proxy.yaml" "$machine/proxy.yaml"
}

# start [OPTION ...]: natterjack-start, with what is of this test alone taken out of what it says.
start() {
	"$root/scripts/natterjack-start" -a "$machine/appliance.yaml" -c "$machine/proxy.yaml" "$@" \
		2>&1 | sed "s|$NJ_PROGRAM|natterjack|; s|$machine/||g"
	return "${PIPESTATUS[0]}"
}

# expect WHAT STATUS COMMAND ...: its status, and its output, which comes on standard input.
expect() {
	local status=0

	"${@:3}" >"$machine/seen" || status=$?
	diff -u --label expected --label seen - "$machine/seen" || die "$1: not as expected"
	[ "$status" -eq "$2" ] || die "$1: exit status $status"
	echo "ok: $1"
}
