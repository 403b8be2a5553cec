#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows what benchmarks have written, each figure against its target, and keeps it if asked to."""

import argparse
import sys

import rows
import tables

SHOWN = {
    "memif": [
        ("Through shared memory: datagrams that came back a second", tables.throughput),
        ("Round trips at half of natterjack's load, in microseconds", tables.latency),
    ],
    "kernel": [
        ("Through a veth: datagrams delivered a second", tables.delivered),
        ("Against others", tables.against),
    ],
    "pipeline": [("Two workers, each on a CPU", tables.scaling)],
}


def show(results):
    """Everything, for a terminal. What pipeline measures in cycles it has shown itself."""
    for bench, shown in SHOWN.items():
        if not any(row["bench"] == bench for row in results):
            continue
        for title, table in shown:
            print(f"\n{title}\n\n{tables.text(table(results))}", end="")
    print(f"\nEvery figure against its target\n\n{tables.text(tables.targets(results))}", end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write all rows there")
    parser.add_argument("--publish", action="store_true", help="into docs/performance/")
    parser.add_argument("files", nargs="+", help="results, one benchmark each")
    options = parser.parse_args()
    machine, results = rows.machine(), []
    for file in options.files:
        about, more = rows.read(file)
        machine, results = machine | about, results + more
    show(results)
    if options.json:
        rows.write(options.json, machine, results)
    if options.publish:
        import publish  # wants matplotlib; pylint: disable=import-outside-toplevel

        publish.publish(machine, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
