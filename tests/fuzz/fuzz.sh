#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every fuzz target for a few seconds: the corpus in the repository, and what is made of it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/scripts/lib/build.sh"

if ! build_fuzz_check; then
	echo 'skipped: clang-14 has no fuzzer (libclang-rt-14-dev)'
	exit 77
fi
NJ_FUZZ_WORK=$(mktemp -d)
export NJ_FUZZ_WORK
"$root/scripts/fuzz" --seconds 24
rm -rf "$NJ_FUZZ_WORK" # what crashed stays
