#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# clang, too, builds everything without a warning (gcc has done so where scripts/test runs this): what
# the suites fuzz and sanitized run, so that it is built once.
set -eu
. "$(dirname "$0")/lint.sh"
lint_needs clang-14

root=$PWD
build=${NJ_BUILD:?}/fuzz
. scripts/lib/say.sh
. scripts/lib/build.sh
build_fuzz_check || { echo 'skipped: clang-14 has no fuzzer (libclang-rt-14-dev)' && exit 77; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

quietly "$log" build_fuzz_setup "$build"
build_werror "$build"
ninja --quiet -k 0 -C "$build"
