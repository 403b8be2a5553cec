#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# natterjack-start --dry-run on machines of files: every step that it would take.
set -eu
. "$(dirname "$0")/machine.sh"

huge=/sys/devices/system/node
bus=/sys/bus/pci
nic=$bus/devices/0000:3b:00.0
second=$bus/devices/0000:5e:00.0

# refused WHAT MESSAGE: nothing is done.
refused() {
	expect "$1" 1 start --dry-run <<<"natterjack-start: $2"
}

machine_up

machine_nic 0000:3b:00.0 0 ixgbe eth1
machine_files '["-m", "1000"]' 3b:00.0
expect 'no IOMMU' 0 start --dry-run --workers 1 <<EOF
modprobe uio_pci_generic
echo uio_pci_generic >$nic/driver_override
echo 0000:3b:00.0 >$nic/driver/unbind
echo 0000:3b:00.0 >$bus/drivers_probe
natterjack -a appliance.yaml -c proxy.yaml -- -m 1000 --lcores=0@0,1@2
# and when it has ended:
echo 0000:3b:00.0 >$nic/driver/unbind
echo '' >$nic/driver_override
echo 0000:3b:00.0 >$bus/drivers_probe
modprobe -r uio_pci_generic
EOF

machine_iommu
rm -r "$NJ_SYSROOT$nic"
machine_nic 0000:3b:00.0 0 ixgbe eth1
machine_nic 0000:5e:00.0 1 ice eth5
machine_file /proc/mounts 'proc /proc proc rw 0 0'
machine_files '["-m1001", "--file-prefix=a"]' 0000:3b:00.0 0000:5e:00.0
mkdir -p "$NJ_SYSROOT$bus/drivers/vfio-pci" # it is loaded
expect 'two nodes, no hugetlbfs' 0 start --dry-run -- --single-file-segments <<EOF
echo 513 >$huge/node0/hugepages/hugepages-2048kB/nr_hugepages
echo 501 >$huge/node1/hugepages/hugepages-2048kB/nr_hugepages
mkdir -p root/dev/hugepages
mount -t hugetlbfs nodev /dev/hugepages
echo vfio-pci >$nic/driver_override
echo 0000:3b:00.0 >$nic/driver/unbind
echo 0000:3b:00.0 >$bus/drivers_probe
echo vfio-pci >$second/driver_override
echo 0000:5e:00.0 >$second/driver/unbind
echo 0000:5e:00.0 >$bus/drivers_probe
natterjack -a appliance.yaml -c proxy.yaml -- -m1001 --file-prefix=a --single-file-segments --lcores=0@0,1@2,2@3,3@6,4@7
# and when it has ended:
echo 0000:5e:00.0 >$second/driver/unbind
echo '' >$second/driver_override
echo 0000:5e:00.0 >$bus/drivers_probe
echo 0000:3b:00.0 >$nic/driver/unbind
echo '' >$nic/driver_override
echo 0000:3b:00.0 >$bus/drivers_probe
umount /dev/hugepages
echo 0 >$huge/node1/hugepages/hugepages-2048kB/nr_hugepages
echo 512 >$huge/node0/hugepages/hugepages-2048kB/nr_hugepages
EOF
machine_file /proc/mounts 'nodev /dev/hugepages hugetlbfs rw 0 0'

machine_nic 0000:af:00.0 1 mlx5_core eth7
machine_files '["-l", "4,6", "-m", "0"]' 0000:af:00.0
expect 'mlx5, lcores of the file' 0 start --dry-run <<EOF
natterjack -a appliance.yaml -c proxy.yaml -- -l 4,6 -m 0
# and when it has ended:
EOF

for lcores in -l6,2,0 -c45; do
	machine_files "[\"$lcores\", \"-m1010\"]" 0000:af:00.0
	expect "a worker on the other node: $lcores" 0 start --dry-run <<EOF
echo 517 >$huge/node0/hugepages/hugepages-2048kB/nr_hugepages
echo 505 >$huge/node1/hugepages/hugepages-2048kB/nr_hugepages
natterjack -a appliance.yaml -c proxy.yaml -- $lcores -m1010
# and when it has ended:
echo 0 >$huge/node1/hugepages/hugepages-2048kB/nr_hugepages
echo 512 >$huge/node0/hugepages/hugepages-2048kB/nr_hugepages
EOF
done

machine_files '["--no-huge"]' net_null0
machine_file /sys/devices/system/cpu/isolated ''
machine_file /sys/devices/system/cpu/cpu1/topology/thread_siblings_list 0-1
expect 'virtual, nothing isolated, two threads a core' 0 start --dry-run <<EOF
natterjack -a appliance.yaml -c proxy.yaml -- --no-huge --lcores=0@0,1@2
# and when it has ended:
EOF
expect 'too many workers' 1 start --dry-run --workers 3 <<EOF
natterjack-start: --workers 3: there are CPUs for 2 on the NICs' NUMA nodes
EOF
machine_file /sys/devices/system/cpu/online 0
expect 'one CPU' 0 start --dry-run <<EOF
natterjack -a appliance.yaml -c proxy.yaml -- --no-huge --lcores=0@0,1@0
# and when it has ended:
EOF
machine_file /sys/devices/system/cpu/online 0-7

machine_files '["-m", "0", "-l", "0-1"]' 0000:3b:00.0
taken=$(start --dry-run)
login='what this machine is reached by (--force takes it)'
machine_file /proc/net/route 'eth1 00000000 0100000A 0003 0 0 0 00000000'
refused 'the default route' "0000:3b:00.0: its interface eth1 is $login"
expect 'with --force' 0 start --dry-run --force <<<"$taken"
machine_file /proc/net/route 'br0 00000000 0100000A 0003 0 0 0 00000000'
expect 'the default route elsewhere' 0 start --dry-run <<<"$taken"
mkdir -p "$NJ_SYSROOT/sys/class/net/eth1/upper_br0"
refused 'a bridge with the default route' "0000:3b:00.0: its interface eth1 is $login"
machine_file /proc/net/route ''
machine_file /proc/net/ipv6_route \
	"$(printf '%032d 00 %032d 00 fe80 00000400 00000001 00000000 00450003 eth1' 0 0)"
refused 'the default route of IPv6' "0000:3b:00.0: its interface eth1 is $login"
machine_file /proc/net/ipv6_route ''
mv "$NJ_SYSROOT$nic/net/eth1" "$NJ_SYSROOT$nic/net/eth9"
export SSH_CONNECTION='203.0.113.5 50000 192.0.2.9 22'
refused 'the login' "0000:3b:00.0: its interface eth9 is $login"
unset SSH_CONNECTION

mkdir -p "$NJ_SYSROOT$nic/iommu_group/devices/0000:5e:00.0"
refused 'a companion' \
	'0000:3b:00.0: its IOMMU group has 0000:5e:00.0 too, with a driver of the kernel'
machine_files '[]' 0000:99:00.0
refused 'no device' '0000:99:00.0: there is no such PCI device (see: lspci -D)'
machine_files '[]' 0000:3b:00.0
sed -i 's/sessions/session/' "$machine/appliance.yaml"
expect 'a wrong file' 2 start --dry-run <<EOF
appliance.yaml:2:1: unknown key 'session', did you mean 'sessions'?
EOF
[ ! -e "$NJ_SYSROOT/run/natterjack" ] || die 'a dry run left something behind'
[ ! -e "$machine/called" ] || die "a dry run called: $(cat "$machine/called")"
