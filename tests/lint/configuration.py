#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/configuration.md has every key and every filter that the code has, and none that it has not,
and what it gives as an example is taken: configuration.py KEYS NATTERJACK

KEYS prints what the code has (keys.c). The first column of a table under a heading is what the
document has: keys, or under "files of Quilkin" a filter's name.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/configuration.md"
FILES = {
    "appliance.yaml": "appliance",
    "Quilkin 0.3 and later": "proxy 2",
    "Quilkin 0.1 and 0.2": "proxy 1",
}
ENDPOINTS = {
    1: "  endpoints: [{address: '192.0.2.20:26000'}]\n",
    2: "clusters: [{endpoints: [{address: '192.0.2.20:26000'}]}]\n",
}


def sections():
    """Each heading's text, and what is below it up to the next one."""
    parts = re.split(r"^#+ (.+)$", DOCUMENT.read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def keys(text):
    """The keys of a section's tables."""
    for row in re.findall(r"^\| (`.+?) \|", text, re.M):
        yield from re.findall(r"`([^`]+)`", row)


def names(text):
    """The filters of a section: "filter ERA NAME"."""
    for era, name in re.findall(r"^\| (0\.\d)[^|]* \| `([^`]+)` \|$", text, re.M):
        yield f"filter {1 if era == '0.1' else 2} {name}"


def documented():
    """All that the document has, as KEYS prints it."""
    for heading, text in sections().items():
        if heading in FILES:
            yield from (f"{FILES[heading]} {key}" for key in keys(text))
        for name in names(text):
            yield name
            yield from (f"{name} {key}" for key in keys(text))


def examples():
    """The examples, as whole files."""
    for text in re.findall(r"^```yaml\n(.+?)^```", DOCUMENT.read_text(), re.M | re.S):
        era = 1 if text.startswith("static:") else 2
        yield "version: v1alpha1\n" + text + ENDPOINTS[era]


def refused(natterjack, example):
    """What natterjack says against an example; nothing where it takes it."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(example)
        file.flush()
        command = [natterjack, "-a", ROOT / "config/appliance.yaml", "-c", file.name, "--check"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr + example if run.returncode else ""


def main(program, natterjack):
    code = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split("\n")
    code = [line for line in code if line]
    docs = list(documented())
    shown = list(examples())
    faults = [f"not in the document: {key}" for key in code if key not in docs]
    faults += [f"not in the code: {key}" for key in docs if key not in code]
    faults += [f"there twice: {key}" for key in set(docs) if docs.count(key) > 1]
    faults += filter(None, (refused(natterjack, example) for example in shown))
    print(f"{len(code)} keys, {len(shown)} examples, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults or not code or not shown else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
