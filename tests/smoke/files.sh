#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Wrong files: every mistake of both is told at once with its place, with --check and without, and
# nothing is started. Needs neither root nor a network.
set -eu
. "$(dirname "$0")/smoke.sh"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

# expect STATUS [ARG ...]: runs natterjack on the two files here; its words are then in "said".
expect() {
	local wanted=$1 status=0

	shift
	timeout 30 "$rig_build/app/natterjack" -a appliance.yaml -c proxy.yaml "$@" >said 2>&1 || status=$?
	[ "$status" -eq "$wanted" ] || wrong "exit status $status instead of $wanted with arguments: $*"
}

# said PLACE PATTERN: a line for this place.
said() {
	grep -q "^$1: .*$2" said || wrong "not told: $1: $2"
}

# said_lines N: so many mistakes, each with its place.
said_lines() {
	local n

	n=$(grep -Ec '^(appliance|proxy)\.yaml:[1-9][0-9]*:[1-9][0-9]*: .' said) || :
	[ "$n" -eq "$1" ] || wrong "told $n mistakes instead of $1"
}

wrong() {
	cat said
	die "$@"
}

good_files() {
	cat >appliance.yaml <<-'EOF'
		id: edge-1
		ports:
		  - device: "net_af_packet0,iface=nj-none"
		    addresses: [192.0.2.1/24]
		listeners:
		  - {port: 7777}
	EOF
	cat >proxy.yaml <<-'EOF'
		version: v1alpha1
		clusters:
		  - endpoints:
		      - address: 192.0.2.2:26000
	EOF
}

wrong_files() {
	cat >appliance.yaml <<-'EOF'
		id: edge-1
		ports:
		  - device: "net_af_packet0,iface=nj-none"
		    adresses: [192.0.2.1/24]
		    mtu: 9001
		listeners:
		  - {port: 77777}
		sesions: {}
	EOF
	cat >proxy.yaml <<-'EOF'
		version: v1alpha1
		clusters:
		  - endpoints:
		      - address: 192.0.2.2
		      - adress: 192.0.2.3:26000
		filter: []
	EOF
}

check_wrong_files() {
	said appliance.yaml:4:5 "unknown key 'adresses', did you mean 'addresses'?"
	said appliance.yaml:5:10 mtu
	said appliance.yaml:7:12 port
	said appliance.yaml:8:1 "unknown key 'sesions', did you mean 'sessions'?"
	said proxy.yaml:4:18 address
	said proxy.yaml:5:9 "unknown key 'adress', did you mean 'address'?"
	said proxy.yaml:6:1 "unknown key 'filter', did you mean 'filters'?"
	said_lines 7
}

good_files
expect 0 --check
said_lines 0

wrong_files
expect 2 --check
check_wrong_files
expect 2
check_wrong_files

good_files
printf 'id: "edge\n' >appliance.yaml
expect 2 --check
said 'appliance.yaml:[12]:[1-9][0-9]*' .
said_lines 1

good_files
rm proxy.yaml
expect 2 --check
said proxy.yaml:1:1 'No such file'
said_lines 1

# Roles that would fit are told by --check, and are no mistake.
good_files
sed -i '/listeners/i\  - {device: "net_af_packet1,iface=nj-none2", addresses: [198.51.100.1/24], gateways: [198.51.100.2]}' appliance.yaml
expect 0 --check
said appliance.yaml:5:5 "note: every endpoint is reached over the port on line 3: with 'role: endpoints' there"
said_lines 1

# What neither file alone shows: an endpoint that is natterjack itself.
good_files
sed -i s/192.0.2.2:26000/192.0.2.1:7777/ proxy.yaml
expect 2 --check
said proxy.yaml:4:18 'endpoint 192.0.2.1:7777 is a listener of ours'
said_lines 1
expect 2
