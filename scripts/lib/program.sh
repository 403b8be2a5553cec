# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Where natterjack is: sourced, after say.sh, with $scripts, the directory of the script.

# $NJ_PROGRAM; or the one beside this script, where both are installed; or this repository's; or
# whatever is on the PATH.
program_path() {
	local here candidate

	here=$(dirname "$0")
	for candidate in "${NJ_PROGRAM-}" "$here/natterjack" \
		"${scripts:?}/../build/app/natterjack" "$(command -v natterjack)"; do
		if [ -n "$candidate" ] && [ -x "$candidate" ]; then
			realpath "$candidate"
			return
		fi
	done
	say_error 'there is no natterjack: scripts/build makes it'
	return 1
}
