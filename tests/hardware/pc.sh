# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# An emulated PC with one PCI NIC: sourced. It runs Debian's own kernel, of which nothing is
# installed; has natterjack as `meson install` leaves it, and Debian's own tools that its scripts
# call; and busybox for the rest.
#
#     client namespace, a kernel            emulated PC
#     eth0 192.0.2.2/24 clients    <-tap->  NIC  natterjack
#          192.0.2.3/24 servers             192.0.2.1, 2001:db8:1::1
#          2001:db8:1::2/64, ::3
#
# To the rest of the rig it looks as if natterjack ran here: the log is in natterjack.log, and
# telemetry answers under $rig_prefix.
. "$(dirname "$0")/../smoke/smoke.sh"
. "$root/scripts/lib/install.sh"

smoke_rig=pc_wire
pc_drivers=(bus_pci bus_vdev mempool_ring net_e1000 net_virtio net_vmxnet3)
pc_modules=(drivers/{vfio,virtio} drivers/net/{ethernet/intel/e1000e,vmxnet3}
	drivers/net/{virtio_net,net_failover}.ko net/core/failover.ko virt/lib/irqbypass.ko)
pc_tools=(awk basename bash cat comm cut dirname env ethtool fold grep head id ip mkdir mktemp
	modprobe mount mv paste readlink realpath rm sed seq setsid sleep sort tac tail tr umount wc)
pc_cache=$rig_build/hardware/kernels # a folder each
pc_queues=1                  # pairs, of the wire
pc_multi_queue=              # or multi_queue, where there are more
pc_kernel=                   # the one taken
pc_nic=0000:00:10.0          # where it has the NIC
pc_slot=addr=0x10            # the same for QEMU
pc_memory=(-m 768)
pc_capacity=8192             # sessions

# What QEMU cannot do without: the test is skipped where it is not there.
pc_needs() {
	smoke_needs qemu-system-x86_64 busybox socat apt-get dpkg-deb depmod meson "${pc_tools[@]}"
	[ "$(uname -m)" = x86_64 ] || smoke_skip "the emulated PC is an x86_64, this is $(uname -m)"
	[ -c /dev/net/tun ] || smoke_skip 'no /dev/net/tun'
}

# The client's namespace, with the PC's wire in it.
pc_wire() {
	local address

	rig_namespaces=(client)
	rig_begin
	# shellcheck disable=SC2086 # a word or none
	rig_in client ip tuntap add dev eth0 mode tap $pc_multi_queue
	rig_no_ipv6 client eth0
	rig_in client ip link set lo up
	rig_in client ip link set eth0 up
	for address in 2 3; do
		rig_in client ip address add "192.0.2.$address/24" dev eth0
		rig_wire_ipv6 client eth0 "2001:db8:1::$address/64"
	done
	rig_noise+=(ipv6_destination)
}

# The name of Debian's newest kernel package.
pc_package() {
	apt-cache depends linux-image-amd64 |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2 }'
}

# Downloads the kernel; apt checks whose it is.
pc_fetch() {
	local package folder=$pc_cache/new # so that it comes into its place whole

	package=$(pc_package)
	[ -n "$package" ] || return 1
	pc_kernel=$pc_cache/$package
	rm -rf "$folder"
	mkdir -p "$folder/x"
	(cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$package") || return 1
	dpkg-deb --fsys-tarfile "$folder"/*.deb |
		tar -C "$folder/x" --wildcards -x './boot/vmlinuz-*' '*/modules.order' '*/modules.builtin*' \
			"${pc_modules[@]/#/*/kernel/}" || return 1
	depmod -b "$folder/x" "${package#linux-image-}" || return 1
	mv "$folder"/x/boot/vmlinuz-* "$folder/x/vmlinuz"
	mv "$folder/x" "$pc_kernel" && rm -r "$folder"
}

# The kernel that is there already, or one from the archive, whose lists may be old or not be here.
pc_fetch_kernel() {
	mkdir -p "$pc_cache"
	pc_kernel=$(find "$pc_cache" -maxdepth 1 -name 'linux-image-*' | sort -V | tail -n 1)
	[ -z "$pc_kernel" ] || return 0
	quietly "$rig_dir/fetch" pc_fetch 2>/dev/null && return
	apt_get update
	quietly "$rig_dir/fetch" pc_fetch || die "no kernel from Debian's archive"
}

# natterjack's files, where it looks for them unasked.
pc_files() {
	local etc=$rig_dir/tree/etc/natterjack

	mkdir -p "$etc"
	cat >"$etc/appliance.yaml" <<-END
		id: $rig_name
		ports:
		  - device: "$pc_nic"
		    addresses: [192.0.2.1/24, "2001:db8:1::1/64"]
		listeners:
		  - {port: $smoke_port}
		sessions: {capacity: $pc_capacity}
	END
	pc_proxy_file 192.0.2.3:26000 >"$etc/proxy.yaml"
	pc_proxy_file '[2001:db8:1::3]:26000' >"$etc/ipv6.yaml"
}

# pc_proxy_file ENDPOINT
pc_proxy_file() {
	printf 'version: v1alpha1\nclusters: [{endpoints: [{address: "%s"}]}]\n' "$1"
}

# natterjack, the tools, and what they need. DPDK's drivers are links, as two copies of a library
# are two libraries.
pc_programs() {
	local tree=$rig_dir/tree programs drivers driver name

	mapfile -t programs < <(command -v "${pc_tools[@]}" socat)
	drivers=$(ldd "$rig_program" | awk '$1 ~ /^librte_eal\./ { print $3 }')
	drivers=$(echo "$(dirname "$(readlink -f "$drivers")")"/dpdk/pmds-*)
	mkdir -p "$tree"/{bin,dev,lib64,proc,sys,tmp,var/{log,run}} "$tree$drivers"
	cp -L "${programs[@]}" "$(command -v busybox)" "$tree/bin"
	ln -s bin "$tree/sbin" # where the kernel looks for modprobe
	ln -s busybox "$tree/bin/sh"
	programs+=("$rig_program")
	for driver in "${pc_drivers[@]}"; do
		name=$(readlink "$drivers/librte_$driver.so")
		cp -L "$drivers/$name" "$tree/lib"
		ln -s "/lib/$name" "$tree$drivers/librte_$driver.so"
		programs+=("$drivers/$name")
	done
	ldd "${programs[@]}" | awk '$2 == "=>" { print $3 }' | sort -u | xargs cp -Lt "$tree/lib"
	# The C library loads this one itself, for a thread's end.
	cp -L "$(ldconfig -p | awk '$1 == "libgcc_s.so.1" { print $NF; exit }')" "$tree/lib"
	cp -L /lib64/ld-linux-x86-64.so.2 "$tree/lib64"
}

# All that the PC has.
pc_initramfs() {
	local tree=$rig_dir/tree

	mkdir -p "$tree"
	cp -r "$pc_kernel/lib" "$root/tests/hardware/init" "$tree"
	quietly "$rig_dir/install" env DESTDIR="$tree" meson install -C "$rig_build" --no-rebuild ||
		die 'natterjack cannot be installed'
	pc_files
	pc_programs
	(cd "$tree" && find . | busybox cpio -o -H newc) >"$rig_dir/initramfs" 2>/dev/null
}

# On a busy machine a timer may look as if it did not work, so the kernel is not to check it.
pc_power_on() {
	rig_start natterjack client qemu-system-x86_64 -nodefaults -no-user-config -display none \
		-no-reboot -machine q35 -accel tcg,thread=multi -cpu max -smp "$2" "${pc_memory[@]}" \
		-kernel "$pc_kernel/vmlinuz" -initrd "$rig_dir/initramfs" \
		-append 'console=ttyS0 quiet panic=-1 no_timer_check intel_iommu=on hugepages=3' \
		-device intel-iommu,caching-mode=on,aw-bits=48 \
		-netdev tap,id=wire,ifname=eth0,script=no,downscript=no,vhost=off,queues="$pc_queues" \
		-device "$1,id=nic,netdev=wire,$pc_slot,mac=02:00:00:00:00:01,romfile=" \
		-serial stdio -serial "unix:$rig_dir/serial,server=on,wait=off" \
		-qmp "unix:$rig_dir/qmp,server=on,wait=off"
	pc_pid=$rig_pid
}

# pc_boot NIC[,OPTION…] CPUS: the PC with this NIC, which the kernel has. Once in some dozens of times
# the emulator hangs before the kernel has said a word; then it is tried once more.
pc_boot() {
	pc_fetch_kernel
	pc_initramfs
	pc_power_on "$@"
	if ! poll 90 pc_settled; then
		rig_stop "$pc_pid"
		pc_power_on "$@"
		poll 90 pc_settled || die 'the PC does not start'
	fi
	pc_up || die 'the PC went off'
	rig_start serial client "$root/tests/hardware/pc.py" serve "$rig_dir/serial" "$rig_prefix"
	poll 10 grep -q ready "$rig_dir/serial.log" || die 'no way into the PC'
	poll 20 pc_run 'grep -q 1 /sys/class/net/eth0/carrier' || die 'its NIC has no link'
}

pc_up() {
	grep -q '^pc: up' "$rig_dir/natterjack.log"
}

pc_settled() {
	pc_up || rig_ended "$pc_pid"
}

# pc_run COMMAND: in the PC: its output and its exit status.
pc_run() {
	"$root/tests/hardware/pc.py" run "$rig_prefix" "$1"
}

# pc_start OPTION ...: natterjack on the NIC. What the scripts change is to be as before at the end.
pc_start() {
	pc_doctor ' driver  *[^ ]*; natterjack-start takes it from the kernel'
	pc_doctor ' link  *eth0 up(, [0-9]+ Mbit/s)?$'
	pc_run "state $pc_nic" >"$rig_dir/before"
	pc_run "natterjack-start --daemon $*" || die 'natterjack does not start'
	rig_natterjack=$pc_pid
	pc_run "state $pc_nic" | grep -q '^driver vfio-pci, override vfio-pci' || die 'the NIC is not at vfio-pci'
	pc_doctor ' driver  *vfio-pci: DPDK has it'
}

# pc_doctor PATTERN: what it says of the NIC that natterjack's files name; nothing is in the way.
pc_doctor() {
	pc_run natterjack-doctor >"$rig_dir/doctor" || die "doctor: $(cat "$rig_dir/doctor")"
	grep -Eq "^ok  *$pc_nic$1" "$rig_dir/doctor" ||
		die "doctor: no '$1': $(cat "$rig_dir/doctor")"
}

# From now on the server has IPv6.
pc_ipv6() {
	pc_run 'cp /etc/natterjack/ipv6.yaml /etc/natterjack/proxy.yaml'
	natterjack_ask /natterjack/reload | grep '"ok"' >/dev/null || die 'no reload'
}

# pc_link up|down: the NIC's cable; natterjack says so.
pc_link() {
	"$root/tests/hardware/pc.py" link "$rig_dir/qmp" "$1"
	poll 10 pc_link_is "$1" || die "it does not say that the link is $1"
}

# pc_link_is up|down: what natterjack said of it last.
pc_link_is() {
	grep 'event=link ' "$rig_dir/natterjack.log" | tail -n 1 | grep -q "state=$1"
}

# natterjack ends in order, without having to be killed, and the machine is as it was.
pc_stop() {
	local said

	said=$(pc_run natterjack-stop) || die 'natterjack-stop failed'
	[ -z "$said" ] || die "natterjack-stop: $said"
	rig_natterjack=
	pc_run "state $pc_nic" | diff "$rig_dir/before" - || die 'the machine is not as it was'
	poll 10 grep -q 'event=stopping' "$rig_dir/natterjack.log" || die 'it did not end in order'
}
