#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts what meson's test logs say: results.py TESTLOG.json ...

A program that speaks TAP (cmocka does, with CMOCKA_MESSAGE_OUTPUT=TAP) counts with its own cases,
any other as one. Says what was skipped and why, and what failed; the last line is
"N passed, M failed, K skipped". Exit status 1 where anything failed, or nothing ran.
"""

import json
import re
import sys

PLAN = re.compile(r"^1\.\.(\d+)", re.MULTILINE)
SKIPPED = re.compile(r"^(?:not )?ok \d+\b.*# SKIP", re.MULTILINE)
PASSED = re.compile(r"^ok \d+\b(?!.*# SKIP)", re.MULTILINE)


def tests(paths):
    """Every test of every log: one JSON object a line."""
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as log:
            yield from map(json.loads, log)


def cases(test):
    """How many cases of a test passed, failed and were skipped."""
    output = test.get("stdout", "")
    planned = sum(map(int, PLAN.findall(output)))
    if test["result"] == "SKIP":
        return 0, 0, 1
    if test["result"] == "OK":
        skipped = len(SKIPPED.findall(output)) if planned else 0
        return max(planned, 1) - skipped, 0, skipped
    # What a crash kept from running has failed too.
    passed, skipped = len(PASSED.findall(output)), len(SKIPPED.findall(output))
    return passed, max(planned - passed - skipped, 1), skipped


def reason(test):
    """Why a test says that it was skipped: its last line."""
    lines = test.get("stdout", "").strip().splitlines() or ["skipped"]
    return lines[-1]


def main(paths):
    passed = failed = skipped = 0
    for test in tests(paths):
        name = test["name"].partition(":")[2] or test["name"]
        good, bad, not_run = cases(test)
        passed, failed, skipped = passed + good, failed + bad, skipped + not_run
        if bad:
            print(f"failed: {name} ({bad} of {good + bad + not_run})")
        elif test["result"] == "SKIP":
            print(f"{name}: {reason(test)}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
