# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Which Debian packages the scripts need, and how they get there: sourced, after say.sh.

# packages build|rig|test|bench-… ...: the one list. What a build needs, what the virtual network
# needs, and what the tests and each benchmark need beyond both.
packages() {
	local group

	for group; do
		case $group in
		build) echo 'gcc libc6-dev meson ninja-build pkgconf libdpdk-dev libbsd-dev libjansson-dev libmicrohttpd-dev libpcre2-dev libseccomp-dev libyaml-dev libcmocka-dev' ;;
		rig) echo 'iproute2 util-linux python3 socat' ;;
		test)
			echo 'bind9-dnsutils busybox-static chromium clang-14 clang-format-14 dnsmasq-base dnsperf'
			echo 'dpdk-dev ethtool iperf3 iputils-arping iputils-ping kmod'
			echo 'libclang-rt-14-dev python3-scapy qemu-system-x86 radvd shellcheck tcpdump tshark'
			echo 'wireguard-go wireguard-tools'
			;;
		bench-memif) echo 'dpdk-dev iproute2 openvswitch-switch-dpdk python3 util-linux' ;;
		bench-kernel)
			echo 'dpdk-dev ethtool iproute2 libnginx-mod-stream nftables nginx python3 util-linux'
			;;
		bench-publish) echo 'python3-matplotlib' ;;
		esac
	done
}

# Those of the packages named that are not installed, one a line.
packages_missing() {
	local package

	for package; do
		dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null |
			grep -qx installed || printf '%s\n' "$package"
	done
}

# apt-get without questions and without a word, unless it fails.
apt_get() {
	local log status=0

	log=$(mktemp)
	DEBIAN_FRONTEND=noninteractive quietly "$log" \
		apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" || status=$?
	rm -f "$log"
	return "$status"
}

# install_missing GROUP ...: installs what is not there. Asks the network nothing where all is.
install_missing() {
	local wanted missing

	read -ra wanted <<<"$(packages "$@" | tr '\n' ' ')"
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		say_error "not Debian or Ubuntu, so nothing is installed; needed (Debian's names): ${wanted[*]}"
		return 0
	fi
	mapfile -t missing < <(packages_missing "${wanted[@]}")
	[ "${#missing[@]}" -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		die "not root, so nothing is installed; as root: apt-get install ${missing[*]}"
	fi
	say_progress "installing ${missing[*]}"
	apt_get update || die 'apt-get update failed'
	apt_get install --no-install-recommends "${missing[@]}" || die 'apt-get install failed'
}
