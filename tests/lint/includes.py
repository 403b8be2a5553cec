#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who includes whom: a folder under lib/ uses the public headers of the folders above it only, in
the order of lib/meson.build, and nobody uses the private headers of another."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def folders():
    """The folders under lib/, in the order in which they are built."""
    text = (ROOT / "lib/meson.build").read_text()
    order = re.findall(r"^subdir\('(\w+)'\)", text, re.MULTILINE)
    present = {path.parent.name for path in ROOT.glob("lib/*/*.[ch]")}
    return order, sorted(present - set(order))


def sources():
    """Every C file of the program, with its folder."""
    for pattern in "lib/*/*.[ch]", "app/*/*.[ch]":
        for path in sorted(ROOT.glob(pattern)):
            yield path


def includes(path):
    """The names that a file includes in quotes, with their lines."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1]


def fault(path, name, allowed):
    """What is wrong with this include; None where nothing is."""
    if (path.parent / name).exists() and "/" not in name:
        return None
    if not re.fullmatch(r"nj_\w+\.h", name):
        return f'"{name}" is not in this folder and not a public header'
    if not any((ROOT / "lib" / folder / name).exists() for folder in allowed):
        return f'"{name}" is not of a folder above this one'
    return None


def main():
    order, unknown = folders()
    faults = [f"lib/{name}: not in lib/meson.build" for name in unknown]
    count = 0
    for path in sources():
        folder = path.parent.name
        in_lib = path.parent.parent.name == "lib"
        allowed = order[: order.index(folder)] if in_lib and folder in order else order
        for line, name in includes(path):
            count += 1
            wrong = fault(path, name, allowed)
            if wrong:
                faults.append(f"{path.relative_to(ROOT)}:{line}: {wrong}")
    print(f"{count} includes, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    sys.exit(main())
