# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What doctor looks at: sourced, after say.sh and sysroot.sh.
: "${sysroot=}"

checks=() # verdict, subject, what was found, what mends it: four elements each
failed=() # their subjects

# found ok|warn|fail SUBJECT TEXT [COMMAND]
found() {
	checks+=("$1" "$2" "$3" "${4-}")
	[ "$1" != fail ] || failed+=("$2")
}

checks_text() {
	local i

	for ((i = 0; i < ${#checks[@]}; i += 4)); do
		printf '%-5s %-22s %s\n' "${checks[@]:i:3}"
		[ -z "${checks[i + 3]}" ] || printf '%28s -> %s\n' '' "${checks[i + 3]}"
	done
}

checks_json() {
	local i comma=''

	printf '['
	for ((i = 0; i < ${#checks[@]}; i += 4)); do
		printf '%s\n  {"verdict": %s, "subject": %s, "found": %s, "mend": %s}' "$comma" \
			"$(json_string "${checks[i]}")" "$(json_string "${checks[i + 1]}")" \
			"$(json_string "${checks[i + 2]}")" "$(json_string "${checks[i + 3]}")"
		comma=,
	done
	printf '\n]\n'
}

json_string() {
	local text=${1//\\/\\\\}

	text=${text//\"/\\\"}
	printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# cpu_lacks FLAG ...: those that the CPU has not.
cpu_lacks() {
	local flags flag

	flags=$(sed -n '/^flags/{s/.*://p;q}' "$sysroot/proc/cpuinfo")
	for flag; do
		[[ " $flags " = *" $flag "* ]] || printf ' %s' "$flag"
	done
}

check_cpu() {
	local missing

	missing=$(cpu_lacks ssse3 sse4_2)
	if [ -z "$missing" ]; then
		found ok cpu 'has SSSE3 and SSE4.2'
	else
		found fail cpu "lacks$missing, which DPDK needs" \
			"another CPU; for a virtual machine: a newer CPU model, such as -cpu host"
	fi
}

check_tsc() {
	local missing

	missing=$(cpu_lacks constant_tsc nonstop_tsc)
	if [ -z "$missing" ]; then
		found ok tsc 'invariant'
	else
		found warn tsc "not known to be invariant (no$missing): times may be wrong" \
			'for a virtual machine: -cpu host,+invtsc'
	fi
}

check_clock() {
	local source path=/sys/devices/system/clocksource/clocksource0

	source=$(sys_read "$path/current_clocksource")
	if [ "$source" = tsc ] || [ "$source" = kvm-clock ]; then
		found ok clock "$source"
	else
		found warn clock "${source:-unknown}: each look at it is a system call" \
			"echo tsc >$path/current_clocksource"
	fi
}

check_iommu() {
	if has_iommu; then
		found ok iommu 'in use: NICs go to vfio-pci'
	else
		found warn iommu 'none in use: NICs go to uio_pci_generic, and may write to all memory' \
			"switch on VT-d or AMD-Vi in the firmware; intel_iommu=on iommu=pt on the kernel's command line"
	fi
}

check_hugepages() {
	local node path free total mib mount

	for node in $(numa_nodes); do
		path=$(hugepage_path "$node")
		free=$(sys_read "$path/free_hugepages")
		total=$(sys_read "$path/nr_hugepages")
		mib=$((${free:-0} * $(hugepage_kib) / 1024))
		if [ -z "$total" ]; then
			found fail "hugepages node $node" 'this kernel has none' "a kernel with CONFIG_HUGETLBFS"
		elif [ "$mib" -gt 0 ]; then
			found ok "hugepages node $node" "$free of $total free, $mib MiB"
		else
			found warn "hugepages node $node" "0 of $total free: natterjack-start has to find memory" \
				"echo $((total + 512)) >$path/nr_hugepages"
		fi
	done
	mount=$(hugepage_mount)
	if [ -n "$mount" ]; then
		found ok hugetlbfs "$mount"
	else
		found warn hugetlbfs 'not mounted: natterjack-start does it' \
			'mount -t hugetlbfs nodev /dev/hugepages'
	fi
}

check_isolated() {
	local list

	list=$(sys_read /sys/devices/system/cpu/isolated)
	if [ -n "$list" ]; then
		found ok isolated "CPUs $list"
	else
		found warn isolated 'no CPUs: others may interrupt workers' \
			"isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST on the kernel's command line"
	fi
}

check_governor() {
	local governors

	governors=$(cat "$sysroot"/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor 2>/dev/null |
		sort -u | paste -sd ' ')
	case $governors in
	performance) found ok governor performance ;;
	'') found ok governor 'none: the frequency is not this kernel'"'"'s to choose' ;;
	*)
		found warn governor "$governors: a CPU may run slower than it can" \
			'echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor'
		;;
	esac
}

# VFIO pins the memory; root may pin as much as it likes.
check_memlock() {
	local limit

	limit=$(awk '/^Max locked memory/ { print $4 }' "$sysroot/proc/self/limits")
	if [ "$limit" = unlimited ] || [ "$limit" -ge $((1 << 30)) ]; then
		found ok memlock "$limit"
	else
		found warn memlock "$limit bytes: too few, where natterjack has not CAP_IPC_LOCK" \
			'ulimit -l unlimited'
	fi
}

# check_device DEVICE: a NIC; virtual devices are what they are.
check_device() {
	local path driver interfaces interface

	is_pci "$1" || { found ok "$1" 'a virtual device' && return; }
	path=$(pci_path "$1")
	[ -d "$sysroot$path" ] || { found fail "$1" 'there is no such PCI device' 'lspci -D' && return; }
	driver=$(sys_target "$path/driver")
	interfaces=$(pci_interfaces "$path")
	if keeps_driver "$driver"; then
		found ok "$1 driver" "$driver, which stays; NUMA node $(pci_node "$path")"
	elif [ -z "$interfaces" ]; then
		check_dpdk_driver "$1" "$driver" "$(pci_node "$path")"
	else
		found ok "$1 driver" "$driver; natterjack-start takes it from the kernel; NUMA node $(pci_node "$path")"
	fi
	check_login "$1" "$interfaces"
	for interface in $interfaces; do
		check_link "$1" "$interface"
		check_queues "$1" "$interface"
	done
}

# check_dpdk_driver DEVICE DRIVER NODE: the kernel has no interface on it.
check_dpdk_driver() {
	case $2 in
	vfio-pci | uio_pci_generic | igb_uio)
		found ok "$1 driver" "$2: DPDK has it, so the kernel knows nothing of its link; NUMA node $3"
		;;
	'') found warn "$1 driver" "none: natterjack-start binds one; NUMA node $3" ;;
	*) found fail "$1 driver" "$2, without an interface: no NIC, or its driver has failed" "dmesg | grep $1" ;;
	esac
}

# check_login DEVICE INTERFACES
check_login() {
	local interface

	for interface in $2; do
		! carriers "$interface" | grep -Fqx "$(login_interfaces)" ||
			found fail "$1 login" "$interface is what this machine is reached by: natterjack-start leaves it" \
				'another NIC for natterjack, or natterjack-start --force'
	done
}

# check_link DEVICE INTERFACE
check_link() {
	local path=/sys/class/net/$2 speed

	case $(sys_read "$path/carrier") in
	1)
		speed=$(sys_read "$path/speed")
		[[ $speed = [1-9]* ]] || speed='' # a virtual one has -1
		found ok "$1 link" "$2 up${speed:+, $speed Mbit/s}"
		;;
	0) found fail "$1 link" "$2 down: no cable, or the other end is off" "ethtool $2" ;;
	*) found warn "$1 link" "$2 is not up, so its link is not known" "ip link set $2 up" ;;
	esac
}

# check_queues DEVICE INTERFACE: how many there can be, and whether the NIC spreads flows over them.
check_queues() {
	local queues firmware

	command -v ethtool >/dev/null ||
		{ found warn "$1 queues" 'not known: no ethtool' 'apt-get install ethtool' && return; }
	queues=$(ethtool -l "$2" 2>/dev/null | awk '/^Current/ { exit }
		/^(RX|Combined):/ && $2 + 0 > n { n = $2 + 0 } END { print n + 0 }') || queues=0
	if [ "$queues" -le 1 ]; then
		found warn "$1 queues" 'one, or unknown: one worker receives, and hands over to the others'
	else
		found ok "$1 queues" "up to $queues, so as many workers receive"
	fi
	if ethtool -x "$2" 2>/dev/null | grep -q 'indirection table'; then
		found ok "$1 rss" 'yes'
	else
		found warn "$1 rss" 'none that the kernel knows of: flows may come on one queue'
	fi
	firmware=$(ethtool -i "$2" 2>/dev/null | sed -n 's/^firmware-version: *//p')
	[ -z "$firmware" ] || found ok "$1 firmware" "$firmware"
}
