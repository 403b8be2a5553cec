#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# clang, too, builds everything without a warning (gcc has done so where scripts/test runs this).
set -eu
. "$(dirname "$0")/lint.sh"
lint_needs clang-14

build=${NJ_BUILD:?}/lint-clang
. scripts/lib/say.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT

[ -e "$build/build.ninja" ] || CC=clang-14 quietly "$log" meson setup -Dwerror=true "$build"
ninja --quiet -k 0 -C "$build"
