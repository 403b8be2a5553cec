#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The law: every packet ends in exactly one counter.

    rx_packets + copied = tx_packets + local + sum of dropped

Asks a running natterjack until it holds, as packets may still be on their way, and prints it with
its figures. Exit status 1, with every counter, where it does not come to hold.
"""

import argparse
import json
import select
import sys
import time

from telemetry import Telemetry


def sides(stats):
    """What came in and what became of it."""
    ended = stats["tx_packets"] + stats["local"] + sum(stats["dropped"].values())
    return stats["rx_packets"] + stats["copied"], ended


def text(stats):
    """The law with its figures."""
    dropped = sum(stats["dropped"].values())
    left, right = sides(stats)
    return (
        f"received {stats['rx_packets']} + copied {stats['copied']} "
        f"{'=' if left == right else '!='} transmitted {stats['tx_packets']} "
        f"+ local {stats['local']} + dropped {dropped}"
    )


def wrong(stats, options):
    """What is not as it should be, a line each."""
    left, right = sides(stats)
    if left != right:
        yield f"the law does not hold: {left - right} packets too many came in"
    if stats["rx_packets"] < options.at_least:
        yield f"only {stats['rx_packets']} of {options.at_least} packets came in"
    drops = {why: n for why, n in stats["dropped"].items() if n and why not in options.noise}
    if (options.no_drops or options.drop) and drops != dict(options.drop):
        yield f"dropped: {drops}, not {dict(options.drop)}"


def settled(telemetry, options):
    """The first answer with which nothing is wrong, or the last one when the time is over."""
    deadline = time.monotonic() + options.seconds
    while True:
        stats = telemetry.ask("/natterjack/stats")
        if not any(wrong(stats, options)) or time.monotonic() > deadline:
            return stats
        select.select([], [], [], 0.02)


def reason(text):
    """REASON=N as a pair."""
    name, _, number = text.rpartition("=")
    return name, int(number)


def parse(arguments):
    """What is to hold besides the law, and for how long to wait."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="how long it may take to hold")
    parser.add_argument("--at-least", type=int, default=1, help="packets that have to have come in")
    parser.add_argument("--no-drops", action="store_true", help="nothing may have been dropped")
    parser.add_argument(
        "--drop",
        metavar="REASON=N",
        type=reason,
        action="append",
        default=[],
        help="so many have to have been dropped for this reason, and none for any other",
    )
    parser.add_argument(
        "--noise",
        metavar="REASON",
        action="append",
        default=[],
        help="how many were dropped for this reason is of no matter",
    )
    parser.add_argument("prefix", help="the --file-prefix")
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    with Telemetry(options.prefix) as telemetry:
        stats = settled(telemetry, options)
    print(text(stats))
    faults = list(wrong(stats, options))
    if faults:
        print(*faults, json.dumps(stats, indent=2), sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
