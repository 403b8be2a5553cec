# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Prometheus' promtool: sourced, after smoke.sh. Debian's package would bring and start a server as
# well, so promtool is only unpacked from it, and kept in the build folder.
promtool_cache=${rig_build:?}/promtool

# promtool_needed: on the PATH from now on; the test is skipped where there is none to be had.
promtool_needed() {
	command -v promtool >/dev/null && return
	[ -x "$promtool_cache/promtool" ] || promtool_fetch || smoke_skip 'no promtool, nor a network to get it by'
	PATH=$promtool_cache:$PATH
}

# Downloads it; apt checks whose it is.
promtool_fetch() {
	local new=$promtool_cache/new # so that it comes into its place whole

	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	rm -rf "$new"
	mkdir -p "$new"
	(cd "$new" && apt-get -qq -o APT::Sandbox::User=root download prometheus) || return 1
	dpkg-deb --fsys-tarfile "$new"/*.deb | tar -x -C "$new" ./usr/bin/promtool || return 1
	mv "$new/usr/bin/promtool" "$promtool_cache/promtool" && rm -rf "$new"
}
