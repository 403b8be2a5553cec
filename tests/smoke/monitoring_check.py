#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every metric that alerts and dashboard name is among those of a natterjack, with the labels that
they go by, and all alerts are tested: monitoring_check.py METRICS RULES ALERTS DASHBOARD"""

import json
import pathlib
import re
import sys

import exposition

NAME = re.compile(r"\b(natterjack_[a-z0-9_]+)\b(\{[^}]*\})?")
GROUPED = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")
OUTSIDE = {"instance", "job", "le"}  # Prometheus' own, and those of histograms


def expressions(rules, dashboard):
    """Each query, and where it is from."""
    for text in re.findall(r"expr: (?:>-\n)?((?:.*\n)(?:          .*\n)*)", rules):
        yield "the alerts", text
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        query = variable["query"]
        yield variable["name"], query if isinstance(query, str) else query["query"]
    for note in dashboard["annotations"]["list"]:
        yield note["name"], note["expr"]


def check(where, text, labels_of):
    """What is amiss with a query."""
    known = set()
    names = NAME.findall(text)
    for name, selector in names:
        if name not in labels_of:
            yield f"{where}: there is no {name}"
            continue
        known |= labels_of[name]
        for label in re.findall(r"(\w+)\s*=?[=~!]", selector):
            if label not in labels_of[name] | OUTSIDE:
                yield f"{where}: {name} has no label {label}"
    for group in GROUPED.findall(text):
        for label in group.replace(" ", "").split(","):
            if label not in known | OUTSIDE:
                yield f"{where}: nothing there has a label {label}"


def main(metrics, rules, alerts, dashboard):
    page = exposition.read(pathlib.Path(metrics).read_text())
    labels_of = {}
    for name, pairs in page.samples:
        labels_of.setdefault(name, set()).update(label for label, _ in pairs)
    rules, alerts = pathlib.Path(rules).read_text(), pathlib.Path(alerts).read_text()
    found = list(expressions(rules, json.loads(pathlib.Path(dashboard).read_text())))
    faults = [*page.faults]
    for where, text in found:
        faults += check(where, text, labels_of)
    names = re.findall(r"alert: (\w+)", rules)
    faults += [f"{name} is not tested" for name in names if not re.search(rf"\b{name}\b", alerts)]
    if len(found) < 40 or len(names) < 10:
        faults.append(f"only {len(found)} queries of {len(names)} alerts were found")
    print(f"{len(found)} queries, {len(names)} alerts, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
