#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# doctor's verdicts on a machine of files: a good one, a bad one, and what JSON there is of either.
set -eu
. "$(dirname "$0")/machine.sh"

doctor() {
	"$root/scripts/doctor" "$@" 2>&1 | sed "s|$machine/||g"
	return "${PIPESTATUS[0]}"
}

# json_same COMMAND ...: its JSON has as many verdicts as its text, and the same.
json_same() {
	diff <("$@" --json | /usr/bin/python3 -c '
import json, sys
for check in json.load(sys.stdin):
    assert set(check) == {"verdict", "subject", "found", "mend"}, check
    assert all(isinstance(text, str) for text in check.values()), check
    print("{verdict:<5} {subject:<22} {found}".format(**check))') <("$@" | grep -v '^ ') ||
		die 'JSON and text are not the same'
}

good_machine() {
	machine_file /proc/cpuinfo 'flags : fpu ssse3 sse4_2 constant_tsc nonstop_tsc'
	machine_file /proc/self/limits 'Max locked memory unlimited unlimited bytes'
	machine_file /sys/devices/system/clocksource/clocksource0/current_clocksource tsc
	machine_file /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor performance
	machine_iommu
	machine_hugepages 1 512 512
	machine_nic 0000:3b:00.0 0 ixgbe eth1
	machine_file /sys/class/net/eth1/carrier 1
	machine_file /sys/class/net/eth1/speed 10000
	cat >"$machine/bin/ethtool" <<-'EOF'
		#!/bin/sh
		case $* in
		'-l eth1') printf 'Channel parameters for eth1:\nPre-set maximums:\nRX:\t0\nCombined:\t63\nCurrent hardware settings:\nCombined:\t4\n' ;;
		'-x eth1') echo 'RX flow hash indirection table for eth1' ;;
		'-i eth1') printf 'driver: ixgbe\nfirmware-version: 0x800003e7\n' ;;
		*) exit 1 ;;
		esac
	EOF
	chmod +x "$machine/bin/ethtool"
	machine_files '[]' 0000:3b:00.0 net_null0
}

bad_machine() {
	local path=/sys/devices/system/clocksource/clocksource0/current_clocksource

	machine_file /proc/cpuinfo 'flags : fpu ssse3'
	machine_file /proc/self/limits 'Max locked memory 65536 65536 bytes'
	machine_file /proc/mounts ''
	machine_file "$path" hpet
	machine_file /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor powersave
	machine_file /sys/devices/system/cpu/isolated ''
	rm -r "$NJ_SYSROOT/sys/class/iommu"
	machine_hugepages 1 0 0
	machine_nic 0000:5e:00.0 1 ice eth5
	machine_file /sys/class/net/eth5/carrier 0
	machine_file /proc/net/route 'eth5 00000000 0100000A 0003 0 0 0 00000000'
	machine_nic 0000:af:00.0 1 mlx5_core eth7
	machine_nic 0000:b0:00.0 1 vfio-pci gone
	rm -r "$NJ_SYSROOT/sys/bus/pci/devices/0000:b0:00.0/net"
}

machine_up
good_machine
expect 'a good machine' 0 doctor -a "$machine/appliance.yaml" <<'EOF'
ok    cpu                    has SSSE3 and SSE4.2
ok    tsc                    invariant
ok    clock                  tsc
ok    iommu                  in use: NICs go to vfio-pci
ok    hugepages node 0       500 of 512 free, 1000 MiB
ok    hugepages node 1       512 of 512 free, 1024 MiB
ok    hugetlbfs              /dev/hugepages
ok    isolated               CPUs 2-3,6-7
ok    governor               performance
ok    memlock                unlimited
ok    0000:3b:00.0 driver    ixgbe; natterjack-start takes it from the kernel; NUMA node 0
ok    0000:3b:00.0 link      eth1 up, 10000 Mbit/s
ok    0000:3b:00.0 queues    up to 63, so as many workers receive
ok    0000:3b:00.0 rss       yes
ok    0000:3b:00.0 firmware  0x800003e7
ok    net_null0              a virtual device
EOF
json_same doctor -a "$machine/appliance.yaml"
machine_file /sys/class/net/eth1/speed -1
doctor 3b:00.0 | grep -qx 'ok    3b:00.0 link           eth1 up' || die 'a speed that nobody knows'

bad_machine
devices=(5e:00.0 0000:af:00.0 0000:b0:00.0 0000:99:00.0)
expect 'a bad machine' 1 doctor "${devices[@]}" <<'EOF'
fail  cpu                    lacks sse4_2, which DPDK needs
                             -> another CPU; for a virtual machine: a newer CPU model, such as -cpu host
warn  tsc                    not known to be invariant (no constant_tsc nonstop_tsc): times may be wrong
                             -> for a virtual machine: -cpu host,+invtsc
warn  clock                  hpet: each look at it is a system call
                             -> echo tsc >/sys/devices/system/clocksource/clocksource0/current_clocksource
warn  iommu                  none in use: NICs go to uio_pci_generic, and may write to all memory
                             -> switch on VT-d or AMD-Vi in the firmware; intel_iommu=on iommu=pt on the kernel's command line
ok    hugepages node 0       500 of 512 free, 1000 MiB
warn  hugepages node 1       0 of 0 free: natterjack-start has to find memory
                             -> echo 512 >/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
warn  hugetlbfs              not mounted: natterjack-start does it
                             -> mount -t hugetlbfs nodev /dev/hugepages
warn  isolated               no CPUs: others may interrupt workers
                             -> isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST on the kernel's command line
warn  governor               powersave: a CPU may run slower than it can
                             -> echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor
warn  memlock                65536 bytes: too few, where natterjack has not CAP_IPC_LOCK
                             -> ulimit -l unlimited
ok    5e:00.0 driver         ice; natterjack-start takes it from the kernel; NUMA node 1
fail  5e:00.0 login          eth5 is what this machine is reached by: natterjack-start leaves it
                             -> another NIC for natterjack, or natterjack-start --force
fail  5e:00.0 link           eth5 down: no cable, or the other end is off
                             -> ethtool eth5
warn  5e:00.0 queues         one, or unknown: one worker receives, and hands over to the others
warn  5e:00.0 rss            none that the kernel knows of: flows may come on one queue
ok    0000:af:00.0 driver    mlx5_core, which stays; NUMA node 1
warn  0000:af:00.0 link      eth7 is not up, so its link is not known
                             -> ip link set eth7 up
warn  0000:af:00.0 queues    one, or unknown: one worker receives, and hands over to the others
warn  0000:af:00.0 rss       none that the kernel knows of: flows may come on one queue
ok    0000:b0:00.0 driver    vfio-pci: DPDK has it, so the kernel knows nothing of its link; NUMA node 1
fail  0000:99:00.0           there is no such PCI device
                             -> lspci -D
EOF
json_same doctor "${devices[@]}"
