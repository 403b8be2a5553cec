# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What every lint test begins with: sourced. Runs in the top of the repository; exit status 77 where
# a tool is missing.
cd "$(dirname "$0")/../.." || exit

lint_needs() {
	command -v "$1" >/dev/null && return
	echo "skipped: no $1"
	exit 77
}
