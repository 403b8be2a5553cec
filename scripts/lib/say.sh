# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What every script says, and how: sourced.

# A line to standard error, for what went wrong.
say_error() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# The same, and the end.
die() {
	say_error "$@"
	exit 1
}

# What is being done now, in lines of at most 80 columns.
say_progress() {
	printf '%s\n' "$*" | fold -s -w 76 | sed '2,$s/^/    /'
}

# The comment at the top of the script that calls it is its help text.
say_usage() {
	sed -n '/^#!/d; /^# SPDX/d; /^#/!q; s/^# \{0,1\}//p' "$0"
}

# quietly LOG COMMAND [ARG ...]: runs it without a word; where it fails, what it said is shown.
quietly() {
	local log=$1 status=0

	shift
	"$@" >"$log" 2>&1 </dev/null || status=$?
	[ "$status" -eq 0 ] || cat "$log" >&2
	return "$status"
}
