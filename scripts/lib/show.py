#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows what a running natterjack tells of itself, for people: show.py PREFIX sessions|counters"""

import sys

import law
from telemetry import Telemetry

PAGE = 20


def table(rows):
    """Rows of text in columns: the first row is the heading, numbers stand to the right."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            str(cell).rjust(width) if isinstance(rows[-1][i], int) else str(cell).ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ]
        yield "  " + "   ".join(cells).rstrip()


def sessions(telemetry):
    """The first page of the session table."""
    rows = [("client", "upstream port", "endpoint", "there", "back")]
    for session in telemetry.ask(f"/natterjack/sessions,0,{PAGE}"):
        rows.append(
            (
                session["client"],
                session["upstream"],
                session["endpoint"],
                session["downstream_packets"],
                session["upstream_packets"],
            )
        )
    yield from table(rows)


def counters(telemetry):
    """Every counter that is not zero, and the law over them."""
    stats = law.settled(telemetry, law.parse(["--at-least", "0", "any"]))
    rows = [
        ("received", stats["rx_packets"], "packets, on both NICs"),
        ("copied", stats["copied"], "for more endpoints than one"),
        ("transmitted", stats["tx_packets"], "datagrams, to endpoints and back to clients"),
        ("local", stats["local"], "taken by natterjack itself: ARP, ICMP"),
    ]
    rows += [(f"dropped: {why}", n, "") for why, n in stats["dropped"].items() if n]
    if not any(stats["dropped"].values()):
        rows.append(("dropped", 0, "for any reason"))
    for name, number, meaning in rows:
        yield f"  {name:<14} {number:>9}   {meaning}".rstrip()


def main(arguments):
    what = {"sessions": sessions, "counters": counters}
    if len(arguments) != 2 or arguments[1] not in what:
        print(__doc__, file=sys.stderr)
        return 2
    with Telemetry(arguments[0]) as telemetry:
        print(*what[arguments[1]](telemetry), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
