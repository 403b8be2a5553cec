#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A third party's filter (tests/plugin/greeting.c): built out of tree against an installed copy,
# loaded with -d, checked, and in the way of real datagrams; with a reload.
set -eu
. "$(dirname "$0")/smoke.sh"
smoke_needs meson pkg-config cc socat

# install_copy: below $folder, as `meson install` puts it below /.
install_copy() {
	local pc

	DESTDIR=$folder meson install -C "$rig_build" --no-rebuild --quiet >"$folder/install.log" 2>&1 ||
		{ cat "$folder/install.log" && die 'meson install failed'; }
	pc=$(find "$folder" -name natterjack.pc)
	[ -n "$pc" ] || die 'natterjack.pc is not installed'
	sed -i "s|^prefix=|&$folder|" "$pc"
	PKG_CONFIG_PATH=$(dirname "$pc")
	export PKG_CONFIG_PATH
	rig_program=$(find "$folder" -path '*bin/natterjack')
}

# Every header stands alone, and the filter builds as docs/writing-a-filter.md says.
build_filter() {
	local flags header

	read -ra flags <<<"$(pkg-config --cflags natterjack)"
	for header in "$(pkg-config --variable=includedir natterjack)"/natterjack/nj_*.h; do
		cc -fsyntax-only -Wall -Werror "${flags[@]}" -include "$header" -x c /dev/null
	done
	mkdir "$folder/filters" "$folder/none" "$folder/open"
	chmod o+w "$folder/open"
	cp "$root/tests/plugin/greeting.c" "$folder"
	(cd "$folder" && cc -shared -fPIC -Wall -Werror "${flags[@]}" greeting.c -o "$object")
}

# check STATUS PATTERN [EAL OPTION ...]: --check on the files in the rig's folder.
check() {
	local wanted=$1 pattern=$2 status=0

	shift 2
	timeout 30 "$rig_program" -a "$rig_dir/appliance.yaml" -c "$rig_dir/proxy.yaml" --check -- "$@" \
		>"$rig_dir/check.log" 2>&1 || status=$?
	[ "$status" -eq "$wanted" ] && grep -q "$pattern" "$rig_dir/check.log" && return
	die "--check $*: exit status $status, where $wanted and '$pattern' were due"
}

# files ENDPOINT KEY [EAL OPTION]: one endpoint, and Greeting with this key.
files() {
	rig_files "$smoke_port" "$1"
	cat >>"$rig_dir/proxy.yaml" <<-EOF
		filters:
		  - name: example.v1alpha1.Greeting
		    config: {$2: "Hello, "}
	EOF
	[ $# -lt 3 ] || sed -i "s|^eal: .*|eal: [\"--file-prefix=$rig_prefix\", $3]|" "$rig_dir/appliance.yaml"
}

test_check() {
	files 198.51.100.2:26000 greeting
	check 2 "proxy.yaml:[0-9]*:[0-9]*: unknown filter 'example.v1alpha1.Greeting'"
	check 0 ok -d "$object"
	check 0 ok "-d$object"
	check 0 ok -d "$folder/filters"
	check 2 "unknown filter" -d "$folder/none"
	check 2 "event=plugin_refused .*absent.so: cannot open" -d "$folder/absent.so"
	cp "$object" "$folder/open"
	check 2 "writable_by_everybody=$folder/open" -d "$folder/open/greeting.so"
	files 198.51.100.2:26000 greting "\"-d\", \"$object\""
	check 2 "proxy.yaml:[0-9]*:[0-9]*: unknown key 'greting', did you mean 'greeting'?"
	files 198.51.100.2:26000 greeting "\"-d\", \"$object\""
	check 0 ok
}

# Sends one datagram and prints what comes back.
one() {
	rig_in client socat -t 5 - "UDP4:192.0.2.1:$smoke_port,shut-none" <<<"$1" | head -n 1
}

test_traffic() {
	local answer back

	rig_echo 26000
	rig_echo 26001 --tell
	natterjack_start 1
	# The greeting goes there and back; the client sees nothing of it.
	smoke_send --sizes 0,1,7,64,1465 --clients 4 --rounds 3
	# This server's replies do not begin with the greeting: so the client sees what it received.
	files 198.51.100.2:26001 greeting "\"-d\", \"$object\""
	[[ $(natterjack_ask /natterjack/reload) == *'"result": "ok"'* ]] || die 'the reload was refused'
	back=$(one toad)
	[[ "$back" == 198.51.100.1:*' Hello, toad' ]] || die "the server received '$back'"
	# The filter's own counter went on over the reload: of all replies one was without the greeting.
	answer=$(natterjack_ask /natterjack/filters)
	[[ "$answer" == *'"write_strange": 1'* ]] ||
		die "the reply without a greeting is not counted: $answer"
}

TMPDIR=$(private_folder)
[ -n "$TMPDIR" ] || smoke_skip 'every folder to put a filter into is open to everybody'
export TMPDIR
smoke_up
folder=$rig_dir/copy
object=$folder/filters/greeting.so
mkdir "$folder"
chmod 755 "$rig_dir"
install_copy
build_filter
test_check
test_traffic
smoke_end 122
