# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The rig: three network namespaces of our own and natterjack in the middle one. Sourced, after
# say.sh, with $root, the top of the repository. Never touches the network of the machine.
#
#     client namespace          proxy namespace           server namespace
#     eth0 192.0.2.2/24 <-veth-> c0  natterjack  s0 <-veth-> eth0 198.51.100.2/24
#                        192.0.2.1              198.51.100.1
#
# With rig_ipv6 it has 2001:db8:1::/64 and 2001:db8:2::/64 as well, with the same numbers.
#
# What is started here is ended here, by its process number, when the shell exits.
: "${root:?}"

rig_name=nj-$$
rig_namespaces=(client proxy server)
rig_prefix=$rig_name # DPDK's --file-prefix
rig_proxy=proxy      # natterjack's namespace
rig_first_cpu=0      # the manager's, of those that we may use
rig_build=${NJ_BUILD:-$root/build}
rig_program=$rig_build/app/natterjack
rig_driver=af_packet # of natterjack's ports; or pcap, which takes fragments as they come: Linux
# puts IPv4's together for the other one, whose buffers then hold no more than 1,960 bytes of them
rig_qpairs= # of natterjack's ports, with af_packet; empty: the default of DPDK
rig_client_side=192.0.2.1/24 # natterjack's addresses on c0 …
rig_server_side=198.51.100.1/24 # … and on s0
rig_sessions='capacity: 8192' # what the appliance file says of sessions
rig_limits=                   # … and of limits
rig_noise=() # for which reasons natterjack drops what the kernels say unasked
rig_natterjack=
rig_top=     # all that is written is in here …
rig_dir=     # … and natterjack's files and log in here
export PYTHONDONTWRITEBYTECODE=1

# Why there can be no rig here, as a sentence; nothing where there can be one.
rig_obstacle() {
	local tool error

	[ "$(id -u)" -eq 0 ] || { echo 'not root' && return; }
	for tool in ip nsenter /usr/bin/python3; do
		command -v "$tool" >/dev/null || { echo "no $tool" && return; }
	done
	error=$( (ip netns add "$rig_name" && rig_link_test) 2>&1) || echo "no network namespaces: $error"
	ip netns del "$rig_name" 2>/dev/null || :
}

rig_link_test() {
	nsenter "--net=/run/netns/$rig_name" ip link add nj0 type veth peer name nj1
}

# rig_in client|proxy|server COMMAND [ARG ...]: runs it there. Not `ip netns exec`, which wants to
# mount, and so fails in a chroot.
rig_in() {
	local namespace=$1

	shift
	nsenter "--net=/run/netns/$rig_name-$namespace" -- "$@"
}

# rig_start NAME client|proxy|server COMMAND [ARG ...]: the same in the background, with its output
# in NAME.log; $rig_pid is its number. (A shell's background commands are born deaf to SIGINT.)
rig_start() {
	local name=$1 namespace=$2

	shift 2
	: >"$rig_dir/$name.log"
	nsenter "--net=/run/netns/$rig_name-$namespace" -- env --default-signal=INT "$@" \
		>>"$rig_dir/$name.log" 2>&1 </dev/null &
	rig_pid=$!
}

# poll SECONDS COMMAND [ARG ...]: until it succeeds; fails when the time is over.
poll() {
	local deadline=$((SECONDS + $1))

	shift
	until "$@"; do
		[ "$SECONDS" -le "$deadline" ] || return 1
		read -rt 0.02 -u "$rig_tick" _ || : # nothing ever comes: a pause
	done
}

rig_up() {
	rig_begin
	rig_wire client c0 192.0.2.2/24 192.0.2.1
	rig_wire server s0 198.51.100.2/24 198.51.100.1
}

# The namespaces without a wire, and the end of everything that is started from now on.
rig_begin() {
	local namespace

	rig_top=$(mktemp -d)
	rig_dir=$rig_top
	mkfifo "$rig_dir/tick"
	exec {rig_tick}<>"$rig_dir/tick"
	trap rig_down EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	for namespace in "${rig_namespaces[@]}"; do
		ip netns add "$rig_name-$namespace"
	done
}

# rig_wire NAMESPACE PORT ADDRESS GATEWAY: a kernel's end, and natterjack's, behind which the kernel
# has to keep silent.
rig_wire() {
	rig_in proxy ip link add "$2" type veth peer name eth0 netns "$rig_name-$1"
	rig_port proxy "$2"
	rig_no_ipv6 "$1" eth0
	rig_in "$1" ip link set lo up
	rig_in "$1" ip address add "$3" dev eth0
	rig_in "$1" ip link set eth0 up
	rig_in "$1" ip route add default via "$4"
}

# rig_ipv6: gives both sides IPv6 as well.
rig_ipv6() {
	rig_wire_ipv6 client eth0 2001:db8:1::2/64 2001:db8:1::1
	rig_wire_ipv6 server eth0 2001:db8:2::2/64 2001:db8:2::1
	rig_client_side+=', 2001:db8:1::1/64'
	rig_server_side+=', 2001:db8:2::1/64'
	rig_noise+=(ipv6_destination)
}

# rig_wire_ipv6 NAMESPACE INTERFACE ADDRESS [GATEWAY]: the address counts at once; routers are not
# asked for.
rig_wire_ipv6() {
	rig_set "$1" "ipv6/conf/$2/accept_dad" 0
	rig_set "$1" "ipv6/conf/$2/accept_ra" 0
	rig_set "$1" "ipv6/conf/$2/router_solicitations" 0
	rig_set "$1" "ipv6/conf/$2/disable_ipv6" 0
	rig_in "$1" ip address add "$3" dev "$2" nodad
	[ $# -lt 4 ] || rig_in "$1" ip route add default via "$4" dev "$2"
}

# rig_set NAMESPACE PATH VALUE: a setting of its kernel, below /proc/sys/net.
rig_set() {
	rig_in "$1" sh -c "echo $3 >/proc/sys/net/$2"
}

# rig_cable NAMESPACE INTERFACE NAMESPACE INTERFACE: between two kernels, without IPv6 at first.
rig_cable() {
	rig_in "$1" ip link add "$2" type veth peer name "$4" netns "$rig_name-$3"
	rig_no_ipv6 "$1" "$2"
	rig_no_ipv6 "$3" "$4"
	rig_in "$1" ip link set "$2" up
	rig_in "$3" ip link set "$4" up
}

# rig_port NAMESPACE PORT: one of natterjack's.
rig_port() {
	rig_no_ipv6 "$1" "$2"
	rig_in "$1" ip link set "$2" arp off up
}

rig_no_ipv6() {
	local file=/proc/sys/net/ipv6/conf/$2/disable_ipv6

	rig_in "$1" sh -c "[ ! -e $file ] || echo 1 >$file"
}

# rig_clients N: that many addresses for the client, from 192.0.2.2 on.
rig_clients() {
	rig_addresses client 192.0.2 "$1"
}

# rig_servers N: that many addresses for the server, from 198.51.100.2 on.
rig_servers() {
	rig_addresses server 198.51.100 "$1"
}

# rig_addresses NAMESPACE NETWORK N
rig_addresses() {
	local i

	for ((i = 3; i < 2 + $3; i++)); do
		echo "address add $2.$i/24 dev eth0"
	done | rig_in "$1" ip -batch -
}

# The kernel's ends fill in whole checksums themselves, where they otherwise leave it to the "NIC".
rig_whole_checksums() {
	rig_in client ethtool -K eth0 tx off >/dev/null
	rig_in server ethtool -K eth0 tx off >/dev/null
}

# rig_echo PORT [--tell]: an echo server on 198.51.100.2; it can tell whom it answers.
rig_echo() {
	rig_echo_on server 198.51.100.2 "$@"
}

# rig_echo_on NAMESPACE ADDRESS PORT [--tell]
rig_echo_on() {
	rig_start "echo-$2-$3" "$1" "$root/scripts/lib/udp.py" echo "${@:2}"
	poll 10 grep -q ready "$rig_dir/echo-$2-$3.log" || die 'the echo server did not start'
}

# rig_files PORT ENDPOINT ...: both files, for one listener and one cluster.
rig_files() {
	cat >"$rig_dir/appliance.yaml" <<-EOF
		id: $rig_name
		eal: ["--file-prefix=$rig_prefix"]
		ports:
		  - device: "$(rig_device 0 c0)"
		    addresses: [$rig_client_side]
		  - device: "$(rig_device 1 s0)"
		    addresses: [$rig_server_side]
		listeners:
		  - {port: $1}
		sessions: {$rig_sessions}
		limits: {$rig_limits}
	EOF
	shift
	rig_proxy_file "$@"
}

# rig_device NUMBER PORT: as DPDK names it.
rig_device() {
	case $rig_driver in
	af_packet) echo "net_af_packet$1,iface=$2${rig_qpairs:+,qpairs=$rig_qpairs}" ;;
	pcap) echo "net_pcap$1,rx_iface_in=$2,tx_iface=$2" ;;
	esac
}

# rig_proxy_file ENDPOINT ...: the proxy file, for one cluster.
rig_proxy_file() {
	{
		printf 'version: v1alpha1\nclusters:\n  - endpoints:\n'
		printf '      - address: "%s"\n' "$@"
	} >"$rig_dir/proxy.yaml"
}

# rig_lcores WORKERS: the manager on one CPU, workers from the next on.
rig_lcores() {
	/usr/bin/python3 -c '
import os, sys
cpus = sorted(os.sched_getaffinity(0))
first, workers = map(int, sys.argv[1:])
print(",".join(f"{i}@{cpus[(first + i) % len(cpus)]}" for i in range(workers + 1)))' "$rig_first_cpu" "$1"
}

# natterjack_command WORKERS MEGABYTES: how it is started, as $rig_command.
natterjack_command() {
	rig_command=("$rig_program" -a "$rig_dir/appliance.yaml" -c "$rig_dir/proxy.yaml"
		-- --no-huge -m "$2" --no-pci --lcores "$(rig_lcores "$1")")
}

# natterjack_start WORKERS: starts it with the files in the rig's directory, until it is ready.
natterjack_start() {
	natterjack_command "$1" 256
	rig_start natterjack "$rig_proxy" "${rig_command[@]}"
	rig_natterjack=$rig_pid
	poll 30 natterjack_settled && natterjack_ready && return
	say_error 'natterjack did not get ready'
	return 1
}

natterjack_ready() {
	grep -q '^natterjack: ready' "$rig_dir/natterjack.log"
}

natterjack_settled() {
	natterjack_ready || rig_ended "$rig_natterjack"
}

# natterjack_stop TERM|INT: asks it to stop; fails unless it does with exit status 0 and has all of
# its packet buffers back.
natterjack_stop() {
	local pid=$rig_natterjack status=0

	kill -s "$1" "$pid"
	poll 30 rig_ended "$pid" || { say_error "natterjack does not stop at SIG$1" && return 1; }
	rig_natterjack=
	wait "$pid" || status=$?
	[ "$status" -eq 0 ] || { say_error "natterjack: exit status $status" && return 1; }
	! grep event=buffers_lost "$rig_dir/natterjack.log" >&2 || return 1
}

# natterjack_ask COMMAND ...: on its telemetry socket; each answer's JSON on standard output.
natterjack_ask() {
	"$root/scripts/lib/telemetry.py" "$rig_prefix" "$@"
}

# natterjack_law [OPTION ...]: every packet is in exactly one counter (see law.py).
natterjack_law() {
	"$root/scripts/lib/law.py" "$@" "$rig_prefix"
}

# rig_down [STATUS]: takes it all down, whatever there is of it, and keeps the exit status.
rig_down() {
	local status=${1-$?} namespace

	trap '' HUP INT TERM
	trap - EXIT
	rig_end
	for namespace in "${rig_namespaces[@]}"; do
		ip netns del "$rig_name-$namespace" 2>/dev/null || :
	done
	rm -rf "$rig_top" "${RUNTIME_DIRECTORY:-/var/run}/dpdk/$rig_name"{,-*}
	exit "$status"
}

# Ends what was started and still runs.
rig_end() {
	local pid pids

	pids=$(jobs -pr)
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
	done
	for pid in $pids; do
		rig_stop "$pid"
	done
}

# rig_stop PID: ends one that was started: asks, waits, and insists.
rig_stop() {
	kill "$1" 2>/dev/null || :
	poll 10 rig_ended "$1" || kill -KILL "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# rig_ended PID: whether it has ended, be it that bash has not noticed yet.
rig_ended() {
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } = Z* ]]
}
