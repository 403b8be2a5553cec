#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dns.sh [large]: a real service behind natterjack. dnsmasq answers dig, and loses no query of
# dnsperf's at a rate that it serves directly; or, with "large", its answer comes in fragments.
# $NJ_DNSPERF_SECONDS and $NJ_DNSPERF_RATE (queries a second) can be set.
set -eu
. "$(dirname "$0")/smoke.sh"
smoke_port=53
seconds=${NJ_DNSPERF_SECONDS:-3}
rate=${NJ_DNSPERF_RATE:-2000}
names=100
large=4000 # bytes of text, at the least, in the answer for large.nj.test

# Names h1 to h100.nj.test, each with an address of its own.
dns_start() {
	local i

	for ((i = 1; i <= names; i++)); do
		echo "host-record=h$i.nj.test,203.0.113.$i"
		echo "h$i.nj.test A" >&3
	done >"$rig_dir/dnsmasq.conf" 3>"$rig_dir/queries"
	for ((i = 0; i < large; i += 200)); do
		printf 'txt-record=large.nj.test,%0200d\n' "$i"
	done >>"$rig_dir/dnsmasq.conf"
	rig_start dnsmasq server dnsmasq --keep-in-foreground --conf-file="$rig_dir/dnsmasq.conf" \
		--pid-file="$rig_dir/dnsmasq.pid" --user=root --log-facility=- --no-resolv --no-hosts \
		--edns-packet-max=8192 --bind-interfaces --listen-address=198.51.100.2
	poll 10 dns_answers server 198.51.100.2 1 || die 'dnsmasq did not start'
}

# dns_answers NAMESPACE SERVER NUMBER: whether this name has its own address there.
dns_answers() {
	[ "$(rig_in "$1" dig +short +tries=1 +time=2 "@$2" "h$3.nj.test")" = "203.0.113.$3" ]
}

# dns_large SERVER: over UDP alone, the large answer is there and whole.
dns_large() {
	rig_in client dig +short +tries=1 +time=2 +notcp +ignore +bufsize=8192 "@$1" large.nj.test TXT \
		>"$rig_dir/large.txt" && [ "$(sort -u "$rig_dir/large.txt" | wc -c)" -gt "$large" ]
}

# dns_load NAMESPACE SERVER: dnsperf with 20 clients; every query has to be answered, and rightly.
dns_load() {
	local report=$rig_dir/dnsperf-$1.txt

	rig_in "$1" dnsperf -s "$2" -d "$rig_dir/queries" -c 20 -l "$seconds" -Q "$rate" >"$report" &&
		grep -E '^ *(Queries (sent|completed|lost)|Response codes)' "$report" &&
		grep -q 'Queries lost: *0 ' "$report" &&
		grep -Eq 'Response codes: *NOERROR [0-9]+ \(100' "$report"
}

if [ "${1-}" = large ]; then
	rig_driver=pcap
fi
smoke_needs dnsmasq dig dnsperf
smoke_up
dns_start
rig_files "$smoke_port" 198.51.100.2:53
natterjack_start 1
if [ "${1-}" = large ]; then
	dns_large 192.0.2.1 || die 'dig: not the whole large answer'
	smoke_end 5
	exit
fi
for ((i = 1; i <= names; i += 11)); do
	dns_answers client 192.0.2.1 "$i" || die "dig: no right answer for h$i.nj.test"
done
echo 'directly:'
dns_load server 198.51.100.2 || die 'dnsmasq itself loses queries at this rate'
echo 'through natterjack:'
dns_load client 192.0.2.1 || die 'natterjack loses queries'
smoke_end $((2 * seconds * rate * 9 / 10))
