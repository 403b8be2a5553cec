#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `meson install` puts these files into these places; the unit is one, the pages are without fault,
# and the scripts find what they need from there.
set -eu
. "$(dirname "$0")/machine.sh"

build=${NJ_BUILD:-$root/build}

prefix() {
	meson introspect --buildoptions "$build" |
		/usr/bin/python3 -c '
import json, sys
print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))'
}

# What is there below the prefix; the place of natterjack.pc is the distribution's.
installed() {
	(cd "$top" && find . \( -type f -o -type l \) | sed 's|^\./||; s|^.*/pkgconfig/|pkgconfig/|' | LC_ALL=C sort)
}

machine_up
DESTDIR=$machine/destdir meson install -C "$build" --no-rebuild --quiet >"$machine/log" 2>&1 ||
	{ cat "$machine/log" && die 'meson install failed'; }
top=$machine/destdir$(prefix)

expect 'what is installed' 0 installed <<'EOF'
bin/njctl
include/natterjack/nj_base.h
include/natterjack/nj_cluster.h
include/natterjack/nj_filter.h
include/natterjack/nj_link.h
include/natterjack/nj_log.h
include/natterjack/nj_packet.h
include/natterjack/nj_session.h
include/natterjack/nj_yaml.h
lib/systemd/system/natterjack-serve.service
lib/systemd/system/natterjack.service
libexec/natterjack/doctor
libexec/natterjack/lib/changes.sh
libexec/natterjack/lib/checks.sh
libexec/natterjack/lib/devices.sh
libexec/natterjack/lib/hugepages.sh
libexec/natterjack/lib/lcores.sh
libexec/natterjack/lib/program.sh
libexec/natterjack/lib/say.sh
libexec/natterjack/lib/sysroot.sh
libexec/natterjack/natterjack-start
libexec/natterjack/natterjack-stop
pkgconfig/natterjack.pc
sbin/natterjack
sbin/natterjack-doctor
sbin/natterjack-start
sbin/natterjack-stop
share/bash-completion/completions/njctl
share/doc/natterjack/LICENSE
share/doc/natterjack/README.md
share/doc/natterjack/configuration.md
share/doc/natterjack/counters.md
share/doc/natterjack/design.md
share/doc/natterjack/examples/appliance.yaml
share/doc/natterjack/examples/proxy.yaml
share/doc/natterjack/examples/quilkin-0.2.yaml
share/doc/natterjack/examples/quilkin-0.9.yaml
share/doc/natterjack/examples/two-ports.yaml
share/doc/natterjack/grafana/natterjack.json
share/doc/natterjack/migrating-from-quilkin.md
share/doc/natterjack/njctl.md
share/doc/natterjack/operations.md
share/doc/natterjack/performance.md
share/doc/natterjack/performance/README.md
share/doc/natterjack/performance/kernel.svg
share/doc/natterjack/performance/memif-latency.svg
share/doc/natterjack/performance/memif-throughput.svg
share/doc/natterjack/performance/pipeline-chains.svg
share/doc/natterjack/performance/pipeline-sessions.svg
share/doc/natterjack/performance/results.json
share/doc/natterjack/pictures/page.png
share/doc/natterjack/pictures/top.png
share/doc/natterjack/prometheus/natterjack.rules.yaml
share/doc/natterjack/prometheus/scrape.yaml
share/doc/natterjack/reliability.md
share/doc/natterjack/security.md
share/doc/natterjack/writing-a-filter.md
share/man/man1/njctl.1
share/man/man5/appliance.yaml.5
share/man/man5/proxy.yaml.5
share/man/man8/natterjack.8
EOF

unset NJ_PROGRAM # the one beside it is to be found
machine_files '["--no-huge", "-l", "0-1"]' net_null0
expect 'natterjack-start from there' 0 "$top/sbin/natterjack-start" -a "$machine/appliance.yaml" \
	-c "$machine/proxy.yaml" --dry-run <<EOF
$top/sbin/natterjack -a $machine/appliance.yaml -c $machine/proxy.yaml -- --no-huge -l 0-1
# and when it has ended:
EOF
expect 'natterjack-stop from there' 0 "$top/sbin/natterjack-stop" --dry-run </dev/null
machine_file /proc/cpuinfo 'flags : ssse3 sse4_2'
machine_file /proc/self/limits 'Max locked memory unlimited unlimited bytes'
"$top/sbin/natterjack-doctor" >/dev/null || die 'natterjack-doctor does not run from there'

if command -v systemd-analyze >/dev/null; then
	for unit in natterjack natterjack-serve; do
		sed "s|=$(prefix)/|=$top/|" "$top/lib/systemd/system/$unit.service" \
			>"$machine/$unit.service"
		expect "the unit $unit" 0 systemd-analyze verify --man=no "$machine/$unit.service" </dev/null
	done
fi
if command -v man >/dev/null; then
	find "$top/share/man" -type f -exec man --warnings -l {} \; >/dev/null 2>"$machine/log"
	[ ! -s "$machine/log" ] || die "the pages: $(cat "$machine/log")"
fi
