# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Hugepages: sourced, after say.sh, sysroot.sh and changes.sh.
: "${sysroot=}"

# hugepages_reserve NODE MIB: on this node; what is free counts.
hugepages_reserve() {
	local path kib pages free total

	kib=$(hugepage_kib)
	path=$(hugepage_path "$1")
	pages=$((($2 * 1024 + kib - 1) / kib))
	free=$(sys_read "$path/free_hugepages")
	total=$(sys_read "$path/nr_hugepages")
	[ -n "$total" ] || die 'this kernel has no hugepages (CONFIG_HUGETLBFS)'
	[ "$free" -lt "$pages" ] || return 0
	remember write "$path/nr_hugepages" "$total"
	write "$path/nr_hugepages" $((total + pages - free)) || die "cannot reserve hugepages at $path"
	[ -n "$dry_run" ] || [ "$(sys_read "$path/nr_hugepages")" -ge $((total + pages - free)) ] ||
		die "node $1 has no room for $pages free hugepages of $kib KiB: its memory is full, or in" \
			"pieces; reserve them when the machine starts (hugepages=N on the kernel's command line)"
}

# Has a hugetlbfs mounted.
hugepages_mount() {
	[ -z "$(hugepage_mount)" ] || return 0
	run mkdir -p "$sysroot/dev/hugepages"
	remember umount /dev/hugepages
	run mount -t hugetlbfs nodev /dev/hugepages || die 'cannot mount hugetlbfs'
}
