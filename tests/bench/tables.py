# SPDX-License-Identifier: BSD-3-Clause
"""Rows of results as tables, for a terminal and in Markdown."""

EVENTS = {"open": "opening one", "sweep": "looking at one", "expire": "closing an idle one"}


def number(value, digits=0):
    """With commas; a dash for none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def millions(value):
    """A rate, in millions a second."""
    return "-" if value is None else f"{value / 1e6:,.3f}"


def spread(row, unit, show):
    """The lowest and the highest round."""
    return f"{show(row[f'lowest_{unit}'])} to {show(row[f'highest_{unit}'])}"


def microseconds(value):
    """A time in nanoseconds, in microseconds."""
    return "-" if value is None else f"{value / 1000:,.1f}"


def percent(value):
    """A share."""
    return "-" if value is None else f"{100 * value:.2f} %"


# What a target is held against: the figure's key, the target's, whether it may not be above it, and
# how both are written.
MEASURES = (
    ("cycles_per_packet", "target_cycles_per_packet", True, lambda v: f"{v:,.0f} cycles"),
    ("cycles_per_session", "target_cycles_per_session", True, lambda v: f"{v:,.0f} cycles"),
    ("bytes_per_session", "target_bytes_per_session", True, lambda v: f"{v:,.0f} bytes"),
    ("ratio", "target_ratio", False, lambda v: f"{v:.2f} times"),
)


def what(row):
    """What was measured, in words."""
    if row["bench"] == "kernel":
        return f"{row['peer']}, {row['clients']:,} clients, against {row['reference']}"
    if row["bench"] == "memif":
        load = f"{row['sessions']:,} sessions, {row['frame_bytes']} bytes"
        return f"{load}, against {row['reference']}"
    if row.get("event") == "open":
        used = f"{row['ports_used']:.0%}".replace("%", " %")
        return f"opening a session, {row['workers']} workers, {used} of the ports used"
    if row.get("event") == "memory":
        return "memory of a session and its places in the hash"
    if row.get("event") == "scaling":
        return f"two workers against one, {row['sessions']:,} sessions"
    family = "IPv6" if row["family"] == "ipv6" else "IPv4"
    return f"{row['direction']}, {row['chain']}, {row['sessions']:,} sessions, {family}"


def verdict(row):
    """Figure, target, and whether it is met; None where there is no target."""
    for key, target, at_most, show in MEASURES:
        if target not in row:
            continue
        value = row.get(key)
        if value is None:
            return "-", show(row[target]), "not measured"
        met = value <= row[target] if at_most else value >= row[target]
        return show(value), show(row[target]), "met" if met else "missed"
    return None


def of_bench(rows, bench):
    """The rows of a benchmark that were measured."""
    return [row for row in rows if row["bench"] == bench and "left_out" not in row]


def targets(rows):
    """Every row that has a target, against it."""
    head = ["benchmark", "what", ">measured", ">target", "verdict"]
    lines = [[row["bench"], what(row), *verdict(row)] for row in rows if verdict(row)]
    return head, lines


def packets(rows):
    """Cycles a packet."""
    head = ["family", "direction", "chain", ">sessions", ">cycles", ">lowest to highest", ">floor"]
    lines = []
    for row in of_bench(rows, "pipeline"):
        if "cycles_per_packet" in row:
            family = "IPv6" if row["family"] == "ipv6" else "IPv4"
            lines.append([family, row["direction"], row["chain"], number(row["sessions"]),
                          number(row["cycles_per_packet"]),
                          spread(row, "cycles_per_packet", number),
                          number(row["floor_cycles_per_packet"])])
    return head, lines


def events(rows):
    """Cycles a session."""
    head = ["event", ">workers", ">ports used", ">sessions", ">cycles", ">lowest to highest"]
    lines = []
    for row in of_bench(rows, "pipeline"):
        if "cycles_per_session" in row:
            used = percent(row.get("ports_used"))
            lines.append([EVENTS[row["event"]], number(row["workers"]), used,
                          number(row["sessions"]), number(row["cycles_per_session"]),
                          spread(row, "cycles_per_session", number)])
    return head, lines


def scaling(rows):
    """Two workers beside one."""
    head = [">sessions", ">one worker, Mpps", ">two workers, Mpps", ">lowest to highest", ">ratio"]
    lines = [
        [number(row["sessions"]), millions(row["reference_pps"]), millions(row["pps"]),
         spread(row, "pps", millions), number(row["ratio"], 2)]
        for row in of_bench(rows, "pipeline") if row.get("event") == "scaling"
    ]
    return head, lines


def throughput(rows):
    """Rates through the memif."""
    head = ["direction", ">sessions", ">bytes", ">natterjack, Mpps", ">lowest to highest", ">lost",
            "reference", ">its Mpps", ">its lost", ">ratio"]
    lines = [
        [row["direction"], number(row["sessions"]), number(row["frame_bytes"]),
         millions(row["pps"]), spread(row, "pps", millions), percent(row["lost"]),
         row["reference"], millions(row["reference_pps"]), percent(row.get("reference_lost")),
         number(row["ratio"], 2)]
        for row in of_bench(rows, "memif")
    ]
    return head, lines


def latency(rows):
    """Round trips at half load."""
    head = [">sessions", ">bytes"]
    for name in "p50", "p99", "p99.9":
        head += [f">{name}", ">macswap", ">added"]
    lines = []
    for row in of_bench(rows, "memif"):
        if "p50_ns" in row:
            line = [number(row["sessions"]), number(row["frame_bytes"])]
            for name in "p50_ns", "p99_ns", "p999_ns":
                keys = name, f"reference_{name}", f"added_{name}"
                line += [microseconds(row[key]) for key in keys]
            lines.append(line)
    return head, lines


def delivered(rows):
    """Rates through the veth."""
    head = ["proxy", ">clients", ">offered, Mpps", ">delivered, Mpps", ">lowest to highest"]
    lines = [
        [row["peer"], number(row["clients"]), millions(row["reference_pps"]),
         millions(row["pps"]), spread(row, "pps", millions)]
        for row in of_bench(rows, "kernel") if row["reference"] == "offered"
    ]
    return head, lines


def against(rows):
    """Ours through the veth against others'."""
    head = ["proxy", ">clients", ">Mpps", "reference", ">its Mpps", ">ratio"]
    lines = [
        [row["peer"], number(row["clients"]), millions(row["pps"]), row["reference"],
         millions(row["reference_pps"]), number(row["ratio"], 2)]
        for row in of_bench(rows, "kernel") if row["reference"] != "offered"
    ]
    return head, lines


def text(table):
    """For a terminal."""
    head, lines = table
    cells = [[name.lstrip(">") for name in head], *lines]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    shown = []
    for line in cells:
        parts = (
            cell.rjust(width) if name.startswith(">") else cell.ljust(width)
            for cell, width, name in zip(line, widths, head)
        )
        shown.append("  ".join(parts).rstrip())
    return "\n".join(shown) + "\n"


def markdown(table):
    """For a document."""
    head, lines = table
    rule = ["---:" if name.startswith(">") else "---" for name in head]
    cells = [[name.lstrip(">") for name in head], rule, *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
