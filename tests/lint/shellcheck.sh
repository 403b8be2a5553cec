#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every shell script, told by its first lines, is without fault for shellcheck.
set -eu
. "$(dirname "$0")/lint.sh"
lint_needs shellcheck

mapfile -t files < <(
	find . \( -path ./.git -o -path './build*' \) -prune -o -type f -exec \
		awk 'FNR < 3 && /^#!.*sh$|shellcheck shell=/ { print FILENAME; nextfile }' {} +
)
echo "${#files[@]} scripts"
[ "${#files[@]}" -gt 0 ]
shellcheck "${files[@]}"
