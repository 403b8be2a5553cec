# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# NICs from the kernel to DPDK: sourced, after say.sh, sysroot.sh and changes.sh. The array devices
# has what is to be taken; $force says that it may be what this machine is reached by.
: "${sysroot=}" "${force=}"
[ -v devices ] || devices=()
modules=() # those loaded here

# device_driver PATH: the driver that DPDK is to have it by.
device_driver() {
	if has_iommu && [ -e "$sysroot$1/iommu_group" ]; then
		echo vfio-pci
	else
		echo uio_pci_generic
	fi
}

# Whether a NIC with this driver is DPDK's as it is.
is_ready_driver() {
	[ "$1" = vfio-pci ] || [ "$1" = uio_pci_generic ] || [ "$1" = igb_uio ] || keeps_driver "$1"
}

# device_check DEVICE: why it may not be taken, as a sentence; nothing where it may.
device_check() {
	local path driver login other

	path=$(pci_path "$1")
	[ -d "$sysroot$path" ] || { echo "there is no such PCI device (see: lspci -D)" && return; }
	driver=$(sys_target "$path/driver")
	! is_ready_driver "$driver" || return 0
	other=$(device_companions "$path")
	[ -z "$other" ] ||
		{ echo "its IOMMU group has $other too, with a driver of the kernel" && return; }
	[ -z "$force" ] || return 0
	login=$(device_login "$path")
	[ -z "$login" ] || echo "its interface $login is what this machine is reached by (--force takes it)"
}

# device_login PATH: its interface that a default route or this login goes through.
device_login() {
	local interface

	for interface in $(pci_interfaces "$1"); do
		if carriers "$interface" | grep -Fqx "$(login_interfaces)"; then
			printf '%s\n' "$interface"
			return
		fi
	done
}

# device_companions PATH: a device that VFIO would have to take as well and cannot, such as a NIC of
# the kernel's. Bridges may stay; so may those that are to be taken themselves.
device_companions() {
	local other path driver

	[ "$(device_driver "$1")" = vfio-pci ] || return 0
	for other in $(sys_names "$1/iommu_group/devices"); do
		path=/sys/bus/pci/devices/$other
		driver=$(sys_target "$path/driver")
		[[ $(sys_read "$path/class") != 0x0604* ]] || continue
		if [ -n "$driver" ] && ! is_ready_driver "$driver" && ! is_wanted "$other"; then
			printf '%s\n' "$other"
			return
		fi
	done
}

is_wanted() {
	local device

	for device in "${devices[@]}"; do
		[ "$(pci_path "$device")" != "/sys/bus/pci/devices/$1" ] || return 0
	done
	return 1
}

# devices_check: says of every device that may not be taken why.
devices_check() {
	local device reason status=0

	for device in "${devices[@]}"; do
		is_pci "$device" || continue
		reason=$(device_check "$device")
		[ -z "$reason" ] || { say_error "$device: $reason" && status=1; }
	done
	return "$status"
}

# device_take DEVICE: binds it to DPDK's driver.
device_take() {
	local path current wanted override

	path=$(pci_path "$1")
	current=$(sys_target "$path/driver")
	! is_ready_driver "$current" || return 0
	wanted=$(device_driver "$path")
	module_load "$wanted"
	override=$(sys_read "$path/driver_override")
	[ "$override" != '(null)' ] || override=
	remember driver "$path" "${current:--}" "$override"
	write "$path/driver_override" "$wanted" || die "$1: it cannot be given another driver"
	[ -z "$current" ] || write "$path/driver/unbind" "${path##*/}" ||
		die "$1: $current does not let it go"
	write /sys/bus/pci/drivers_probe "${path##*/}" || :
	[ -n "$dry_run" ] || [ "$(sys_target "$path/driver")" = "$wanted" ] ||
		die "$1: $wanted does not take it (see: dmesg | grep '${path##*/}')"
}

# module_load DRIVER: once.
module_load() {
	[ ! -d "$sysroot/sys/bus/pci/drivers/$1" ] || return 0
	[[ " ${modules[*]} " != *" $1 "* ]] || return 0
	modules+=("$1")
	remember module "$1"
	run modprobe "$1" || die "there is no module $1: install the package linux-image of this kernel"
}
