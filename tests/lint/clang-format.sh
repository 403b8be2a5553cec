#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every C file is as clang-format 14 writes it.
set -eu
. "$(dirname "$0")/lint.sh"
lint_needs clang-format-14

mapfile -t files < <(find app lib tests -name '*.[ch]')
echo "${#files[@]} files"
[ "${#files[@]}" -gt 0 ]
clang-format-14 --dry-run -Werror "${files[@]}"
