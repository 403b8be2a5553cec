# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the kernel says of the machine, in /sys and /proc: sourced. NJ_SYSROOT goes before each of
# their paths, so that tests can have a machine of files.
sysroot=${NJ_SYSROOT-}

# sys_read PATH: the file's first line; nothing where there is no such file.
sys_read() {
	local line=''

	[ ! -r "$sysroot$1" ] || { read -r line <"$sysroot$1" || :; } 2>/dev/null
	printf '%s\n' "$line"
}

# sys_target LINK: the last part of what it leads to; nothing where there is none.
sys_target() {
	local target

	target=$(readlink "$sysroot$1") || return 0
	printf '%s\n' "${target##*/}"
}

# sys_names DIRECTORY: what is in it, a line each.
sys_names() {
	[ ! -d "$sysroot$1" ] || (cd "$sysroot$1" && printf '%s\n' *) | grep -vx '\*' || :
}

# cpu_list LIST: the numbers of a list such as 0-2,5, a line each.
cpu_list() {
	local part

	for part in ${1//,/ }; do
		seq "${part%-*}" "${part#*-}"
	done
}

# cpu_mask MASK: the numbers of a mask in hexadecimal digits such as 0x54, a line each; of what is
# no mask, none.
cpu_mask() {
	local digits=${1#0[xX]} cpu

	[[ $digits =~ ^[[:xdigit:]]+$ ]] || return 0
	for ((cpu = 0; cpu < 4 * ${#digits}; cpu++)); do
		(((0x${digits: -1 - cpu / 4:1} >> cpu % 4 & 1) == 0)) || echo "$cpu"
	done
}

# The NUMA nodes, a line each: 0 alone where the kernel has none.
numa_nodes() {
	local nodes

	nodes=$(sys_read /sys/devices/system/node/online)
	cpu_list "${nodes:-0}"
}

# numa_cpus NODE: its CPUs that are online.
numa_cpus() {
	local online cpus

	online=$(sys_read /sys/devices/system/cpu/online)
	cpus=$(sys_read "/sys/devices/system/node/node$1/cpulist")
	comm -12 <(cpu_list "${cpus:-$online}" | sort) <(cpu_list "$online" | sort) | sort -n
}

# The CPUs that the scheduler leaves alone (isolcpus=).
isolated_cpus() {
	cpu_list "$(sys_read /sys/devices/system/cpu/isolated)"
}

# hugepage_path NODE: where the kernel counts its pages of the default size.
hugepage_path() {
	local size path

	size=$(hugepage_kib)
	path=/sys/devices/system/node/node$1/hugepages/hugepages-${size}kB
	[ -d "$sysroot$path" ] || path=/sys/kernel/mm/hugepages/hugepages-${size}kB
	printf '%s\n' "$path"
}

# The default size of a hugepage, in KiB.
hugepage_kib() {
	awk '/^Hugepagesize:/ { size = $2 } END { print size ? size : 2048 }' "$sysroot/proc/meminfo"
}

# Where a hugetlbfs is mounted; nothing where none is.
hugepage_mount() {
	awk '$3 == "hugetlbfs" { print $2; exit }' "$sysroot/proc/mounts"
}

# is_pci DEVICE: a PCI address, and not a virtual device of DPDK.
is_pci() {
	[[ $1 =~ ^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7](,|$) ]]
}

# pci_path DEVICE: its directory; its address may come without the domain, and with arguments.
pci_path() {
	local address=${1%%,*}

	[[ $address = *:*:* ]] || address=0000:$address
	printf '/sys/bus/pci/devices/%s\n' "${address,,}"
}

# pci_node PATH: its NUMA node; 0 where the machine says none.
pci_node() {
	local node

	node=$(sys_read "$1/numa_node")
	[[ $node =~ ^[0-9]+$ ]] || node=0
	printf '%s\n' "$node"
}

# pci_interfaces PATH: the network interfaces that the kernel has on it.
pci_interfaces() {
	local below

	sys_names "$1/net"
	for below in $(sys_names "$1" | grep '^virtio[0-9]*$'); do
		sys_names "$1/$below/net"
	done
}

# Whether the machine has an IOMMU that is in use.
has_iommu() {
	[ -n "$(sys_names /sys/class/iommu)" ]
}

# keeps_driver DRIVER: whether DPDK works with a NIC through this driver of the kernel.
keeps_driver() {
	[[ $1 = mlx[45]_core ]]
}

# login_interfaces: those that the machine is reached by: of the default routes, and of the address
# that this login came to.
login_interfaces() {
	awk '$2 == "00000000" && $8 == "00000000" { print $1 }' "$sysroot/proc/net/route" 2>/dev/null || :
	awk '$1 $2 ~ /^0+$/ && $NF != "lo" { print $NF }' "$sysroot/proc/net/ipv6_route" 2>/dev/null || :
	login_address | while read -r address; do
		ip -o address show to "$address" | awk '{ sub("@.*", "", $2); print $2 }'
	done
}

# The address that this login by SSH came to. sudo takes it out of the environment, but not out of
# the shell's before it.
login_address() {
	local connection=${SSH_CONNECTION-} pid=$$ stat

	while [ -z "$connection" ] && [ "$pid" -gt 1 ]; do
		connection=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p') || :
		read -r stat 2>/dev/null <"/proc/$pid/stat" || break
		stat=${stat##*) }
		pid=$(cut -d ' ' -f 2 <<<"$stat")
	done
	[ -z "$connection" ] || cut -d ' ' -f 3 <<<"$connection"
}

# carriers INTERFACE: it, and the bridges, bonds and VLANs on top of it.
carriers() {
	local upper

	printf '%s\n' "$1"
	for upper in $(sys_names "/sys/class/net/$1" | sed -n 's/^upper_//p'); do
		carriers "$upper"
	done
}
