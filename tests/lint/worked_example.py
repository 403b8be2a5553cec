#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/writing-a-filter.md goes through the whole of tests/plugin/greeting.c, as it is."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    document = (ROOT / "docs/writing-a-filter.md").read_text()
    code = (ROOT / "tests/plugin/greeting.c").read_text()
    told = "".join(re.findall(r"^```c\n(.+?)^```", document, re.M | re.S)).splitlines()
    written = code[code.index("#include") :].splitlines()
    faults = [
        f"{here!r} in the document, {there!r} in the code"
        for here, there in zip(filter(None, told), filter(None, written))
        if here != there
    ]
    if len(list(filter(None, told))) != len(list(filter(None, written))):
        faults.append("one is longer than the other")
    print(f"{len(told)} lines, {len(faults)} faults", *faults[:5], sep="\n")
    return 1 if faults or not told else 0


if __name__ == "__main__":
    sys.exit(main())
