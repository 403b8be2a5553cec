#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/counters.md explains every reason for a drop that the code has, and none that it has not."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    code = re.findall(r'^\tX\(\w+, "([^"]+)"\)', (ROOT / "lib/base/nj_base.h").read_text(), re.M)
    table = (ROOT / "docs/counters.md").read_text().split("## Reasons for a drop")[1]
    docs = re.findall(r"^\| `([^`]+)`", table, re.M)
    faults = [f"not explained: {name}" for name in code if name not in docs]
    faults += [f"not in the code: {name}" for name in docs if name not in code]
    print(f"{len(code)} reasons, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults or not code else 0


if __name__ == "__main__":
    sys.exit(main())
