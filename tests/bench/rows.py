# SPDX-License-Identifier: BSD-3-Clause
"""Rows of results, {"machine": {...}, "rows": [...]}, and how several rounds become a figure."""

import json
import os
import pathlib
import platform
import statistics


def machine():
    """What it was measured on. Names of processors in virtual machines say little, so their family
    and model go with them."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    cpu = {}
    for key, _, value in (line.partition(":") for line in lines):
        cpu.setdefault(key.strip(), value.strip())
    known = [f"{key.split()[-1]} {cpu[key]}" for key in ("cpu family", "model") if key in cpu]
    return {
        "cpu": ", ".join([cpu.get("model name", platform.machine()), *known]),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
    }


def began(page_bytes):
    """What the machine was like before a benchmark."""
    return {"page_bytes": page_bytes, "load_before": os.getloadavg()[0]}


def compared(row, figures, reference, reference_figures, target=None):
    """A row with the medians of rates, round by round, and of their ratio."""
    ratios = [ours / theirs for ours, theirs in zip(figures, reference_figures) if theirs]
    row |= {
        "rounds": len(figures),
        "pps": round(statistics.median(figures)),
        "lowest_pps": round(min(figures)),
        "highest_pps": round(max(figures)),
        "reference": reference,
        "reference_pps": round(statistics.median(reference_figures)),
        "ratio": round(statistics.median(ratios), 3) if ratios else None,
    }
    if target is not None:
        row["target_ratio"] = target
    return row


def ended(about):
    """The same, and what it was like behind it."""
    return about | {"load_after": os.getloadavg()[0]}


def left_out(row, reference, target):
    """In place of a row that has a target and could not be measured."""
    return row | {"reference": reference, "target_ratio": target, "left_out": True}


def write(path, about, rows):
    """The file; a row a line."""
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    text = f'{{"machine": {json.dumps(about)},\n "rows": [\n  {lines}\n ]}}\n'
    pathlib.Path(path).write_text(text)


def read(path):
    """The machine and the rows of a file; a file of lines has a row on each and no machine."""
    text = pathlib.Path(path).read_text()
    if pathlib.Path(path).suffix == ".lines":
        return {}, [json.loads(line) for line in text.splitlines()]
    results = json.loads(text)
    return results["machine"], results["rows"]
