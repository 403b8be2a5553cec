# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Which CPUs natterjack runs on: sourced, after say.sh and sysroot.sh.

# lcores_choose WORKERS|'' NODE ...: the value of --lcores. The manager gets a CPU that is not
# isolated; workers get the isolated ones first, then whole cores, of the nodes named. Without a
# number: one on each isolated CPU there, or on half of the cores where none is isolated.
lcores_choose() {
	local wanted=$1 node manager cpu i=0 list here isolated free

	shift
	here=$(for node; do numa_cpus "$node"; done)
	isolated=$(lines_in "$here" "$(isolated_cpus)")
	free=$(lines_not_in "$here" "$isolated")
	manager=$(head -n 1 <<<"${free:-$(lines_not_in "$(numa_all_cpus)" "$(isolated_cpus)")}")
	free=$(first_threads "$(lines_not_in "$free" "$(cpu_siblings "$manager")")")
	if [ -z "$wanted" ]; then
		wanted=$(grep -c . <<<"$isolated") || wanted=$((($(grep -c . <<<"$free") + 1) / 2))
	fi
	mapfile -t list < <(printf '%s\n%s\n' "$isolated" "$free" | grep .)
	[ "${#list[@]}" -gt 0 ] || list=("$manager") wanted=1 # one CPU for both
	[ "$wanted" -le "${#list[@]}" ] ||
		die "--workers $wanted: there are CPUs for ${#list[@]} on the NICs' NUMA nodes"
	printf '0@%s' "$manager"
	for cpu in "${list[@]:0:wanted}"; do
		i=$((i + 1))
		printf ',%d@%s' "$i" "$cpu"
	done
	echo
}

# lines_in LINES LINES: the first's that are among the second's. lines_not_in: the others.
lines_in() {
	grep -Fx "$2" <<<"$1" | grep . || :
}

lines_not_in() {
	[ -n "$2" ] || { echo "$1" && return; }
	grep -Fxv "$2" <<<"$1" || :
}

numa_all_cpus() {
	local node

	for node in $(numa_nodes); do
		numa_cpus "$node"
	done
}

# cpu_siblings CPU: all threads of its core.
cpu_siblings() {
	local list

	list=$(sys_read "/sys/devices/system/cpu/cpu$1/topology/thread_siblings_list")
	cpu_list "${list:-$1}"
}

# first_threads CPUS: those of them that are the first one of their core.
first_threads() {
	local cpu

	for cpu in $1; do
		[ "$(cpu_siblings "$cpu" | head -n 1)" != "$cpu" ] || echo "$cpu"
	done
}
