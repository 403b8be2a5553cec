#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A real service behind natterjack: dnsmasq answers dig, and loses no query of dnsperf's at a rate
# that it serves directly. $NJ_DNSPERF_SECONDS and $NJ_DNSPERF_RATE (queries a second) can be set.
set -eu
. "$(dirname "$0")/smoke.sh"
smoke_port=53
seconds=${NJ_DNSPERF_SECONDS:-3}
rate=${NJ_DNSPERF_RATE:-2000}
names=100

# Names h1 to h100.nj.test, each with an address of its own.
dns_start() {
	local i

	for ((i = 1; i <= names; i++)); do
		echo "host-record=h$i.nj.test,203.0.113.$i"
		echo "h$i.nj.test A" >&3
	done >"$rig_dir/dnsmasq.conf" 3>"$rig_dir/queries"
	rig_start dnsmasq server dnsmasq --keep-in-foreground --conf-file="$rig_dir/dnsmasq.conf" \
		--pid-file="$rig_dir/dnsmasq.pid" --user=root --log-facility=- --no-resolv --no-hosts \
		--bind-interfaces --listen-address=198.51.100.2
	poll 10 dns_answers server 198.51.100.2 1 || die 'dnsmasq did not start'
}

# dns_answers NAMESPACE SERVER NUMBER: whether this name has its own address there.
dns_answers() {
	[ "$(rig_in "$1" dig +short +tries=1 +time=2 "@$2" "h$3.nj.test")" = "203.0.113.$3" ]
}

# dns_load NAMESPACE SERVER: dnsperf with 20 clients; every query has to be answered, and rightly.
dns_load() {
	local report=$rig_dir/dnsperf-$1.txt

	rig_in "$1" dnsperf -s "$2" -d "$rig_dir/queries" -c 20 -l "$seconds" -Q "$rate" >"$report" &&
		grep -E '^ *(Queries (sent|completed|lost)|Response codes)' "$report" &&
		grep -q 'Queries lost: *0 ' "$report" &&
		grep -Eq 'Response codes: *NOERROR [0-9]+ \(100' "$report"
}

smoke_needs dnsmasq dig dnsperf
smoke_up
dns_start
rig_files "$smoke_port" 198.51.100.2:53
natterjack_start 1
for ((i = 1; i <= names; i += 11)); do
	dns_answers client 192.0.2.1 "$i" || die "dig: no right answer for h$i.nj.test"
done
echo 'directly:'
dns_load server 198.51.100.2 || die 'dnsmasq itself loses queries at this rate'
echo 'through natterjack:'
dns_load client 192.0.2.1 || die 'natterjack loses queries'
smoke_end $((2 * seconds * rate * 9 / 10))
