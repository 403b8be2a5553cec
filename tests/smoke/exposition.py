#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads Prometheus' text format as strictly as promtool does: exposition.py <FILE

read() gives the samples, and what is wrong: of the format, of names and units, of histograms."""

import itertools
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:{{(.*)}})? (\S+)")
COMMENT = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")
VALUE = re.compile(r"[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)|NaN")
NOT_BASE_UNITS = {"ms", "us", "ns", "sec", "kb", "mb", "bits", "milliseconds", "minutes", "hours"}


class Exposition:
    """What was read so far, and its faults."""

    def __init__(self):
        self.faults = []
        self.samples = {}  # (name, labels as a sorted tuple of pairs): value
        self.types = {}
        self.help = {}
        self.family = None  # of which samples may come

    def fault(self, line, what):
        self.faults.append(f"{what}: {line}")

    def comment(self, line, kind, name, text):
        """HELP begins a family; TYPE is its second line."""
        if kind == "HELP":
            if name in self.help:
                self.fault(line, "a second HELP")
            self.help[name] = text
            self.family = None
        else:
            if name in self.types or list(self.help)[-1:] != [name]:
                self.fault(line, "a TYPE that does not follow its HELP")
            if text not in ("counter", "gauge", "histogram"):
                self.fault(line, "an unknown type")
            self.types[name] = text
            self.family = name

    def sample(self, line, name, labels, value):
        """One, with its labels as text."""
        suffixes = ("_bucket", "_sum", "_count")
        parts = [""] if self.types.get(self.family) != "histogram" else suffixes
        if self.family is None or name not in [self.family + part for part in parts]:
            self.fault(line, "a sample of no family, or apart from it")
        pairs, end = [], 0
        for found in LABEL.finditer(labels or ""):
            if found.start() != end:
                break
            pairs.append((found[1], re.sub(r"\\(.)", r"\1", found[2])))
            end = found.end()
        if labels is not None and (end != len(labels) or labels.endswith(",") or not pairs):
            self.fault(line, "labels out of form")
        key = name, tuple(sorted(pairs))
        if len(dict(pairs)) != len(pairs) or key in self.samples:
            self.fault(line, "a label or a sample twice")
        if not VALUE.fullmatch(value):
            self.fault(line, "no number")
        else:
            self.samples[key] = float(value)

    def line(self, line):
        comment, sample = COMMENT.fullmatch(line), SAMPLE.fullmatch(line)
        if comment:
            self.comment(line, *comment.groups())
        elif sample:
            self.sample(line, *sample.groups())
        else:
            self.fault(line, "neither a comment nor a sample")

    def names(self):
        """Names, as promtool wants them."""
        for name, kind in self.types.items():
            if name.endswith("_total") != (kind == "counter"):
                self.fault(name, "_total is for counters, and for them alone")
            if re.search("[A-Z]|_(count|sum|bucket|info_total)$", name):
                self.fault(name, "a name out of form")
            if NOT_BASE_UNITS & set(name.split("_")) or kind in name.split("_"):
                self.fault(name, "a unit that is no base unit, or a type in a name")

    def histogram(self, name):
        """Buckets ascend, and the last is the count."""
        rows = [
            (dict(labels), value)
            for (sample, labels), value in self.samples.items()
            if sample == name + "_bucket"
        ]

        def series(row):
            return sorted((k, v) for k, v in row[0].items() if k != "le")

        for labels, buckets in itertools.groupby(rows, series):
            buckets = list(buckets)
            bounds = [float(bucket["le"]) for bucket, _ in buckets]
            counts = [count for _, count in buckets]
            if bounds != sorted(set(bounds)) or bounds[-1] != float("inf"):
                self.fault(name, f"bounds {bounds}")
            if counts != sorted(counts):
                self.fault(name, f"buckets {counts} that do not add up")
            if self.samples.get((name + "_count", tuple(labels))) != counts[-1]:
                self.fault(name, "a count that is not the last bucket's")
            if (name + "_sum", tuple(labels)) not in self.samples:
                self.fault(name, "no sum")


def read(text):
    """All of a page."""
    page = Exposition()
    for line in text.removesuffix("\n").split("\n"):
        page.line(line)
    if not text.endswith("\n"):
        page.fault("the end", "no newline")
    page.names()
    for name, kind in page.types.items():
        if kind == "histogram":
            page.histogram(name)
    return page


def main():
    page = read(sys.stdin.read())
    print(f"{len(page.samples)} samples, {len(page.faults)} faults", *page.faults, sep="\n")
    return 1 if page.faults or not page.samples else 0


if __name__ == "__main__":
    sys.exit(main())
