# SPDX-License-Identifier: BSD-3-Clause
"""Plots of published rows, as SVG. Targets are drawn wherever there are any."""

import matplotlib

matplotlib.use("svg")
# pylint: disable=wrong-import-position
from matplotlib import pyplot  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402

OURS, OTHER, PEER, QUIET, TARGET = "#2e7d4f", "#9aa5b1", "#d98032", "#c9d1d9", "#b3261e"
SECOND, BLUE = "#8cc5a2", "#6c8ebf"  # ours, once more
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#57606a",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e6e9ec",
    "legend.frameon": False,
    "svg.hashsalt": "natterjack",
    "figure.facecolor": "white",
}
TARGET_LINE = Line2D([], [], color=TARGET, linewidth=2, label="target")


def save(figure, path):
    """The same bytes for the same rows."""
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.15)
    pyplot.close(figure)


def legend_below(figure, handles, lowest=0.0):
    """One row of it, below all axes, where no data is."""
    figure.legend(handles=handles, loc="upper center", ncol=len(handles),
                  bbox_to_anchor=(0.5, lowest))


def heading(figure, text):
    """Above several panels."""
    figure.suptitle(text, x=0.06, y=1.03, ha="left", fontweight="bold", fontsize=12)


def sizes(row):
    """A number of sessions, written short."""
    count = row["sessions"]
    return f"{count // 1000000} M" if count >= 1000000 else f"{count:,}"


def pipeline_sessions(rows, path):
    """Cycles a packet by number of sessions, without filters."""
    rows = [r for r in rows if r.get("chain") == "none" and r.get("family") == "ipv4"]
    figure, axes = pyplot.subplots(figsize=(8, 4.4))
    markers = {"downstream": (SECOND, "v"), "upstream": (BLUE, "^"), "mixed": (OURS, "o")}
    for direction, (color, marker) in markers.items():
        line = sorted((r for r in rows if r["direction"] == direction), key=lambda r: r["sessions"])
        x = range(len(line))
        axes.plot(x, [r["cycles_per_packet"] for r in line], color=color, marker=marker,
                  linewidth=2, label=direction)
        if direction != "mixed":
            continue
        axes.fill_between(x, [r["lowest_cycles_per_packet"] for r in line],
                          [r["highest_cycles_per_packet"] for r in line], color=color, alpha=0.12,
                          linewidth=0, label="mixed, lowest to highest round")
        axes.plot(x, [r["target_cycles_per_packet"] for r in line], color=TARGET,
                  linestyle="--", label="target: floor and 60")
        axes.plot(x, [r["floor_cycles_per_packet"] for r in line], color=OTHER, linestyle=":",
                  linewidth=2, label="floor: bare look-up")
        axes.set_xticks(x, [sizes(r) for r in line])
    axes.set(title="One worker, without filters: cycles a packet", xlabel="sessions",
             ylabel="TSC cycles a packet")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    save(figure, path)


def pipeline_chains(rows, path):
    """Cycles a packet by filter chain."""
    rows = [r for r in rows if r.get("direction") == "mixed" and r.get("family") == "ipv4"
            and r.get("sessions") == 1000 and "cycles_per_packet" in r][::-1]
    figure, axes = pyplot.subplots(figsize=(8, 0.55 * len(rows) + 1.4))
    for y, row in enumerate(rows):
        axes.barh(y, row["cycles_per_packet"], color=OURS, height=0.55)
        axes.vlines(row["target_cycles_per_packet"], y - 0.4, y + 0.4, color=TARGET, linewidth=2)
        widest = max(row["cycles_per_packet"], row["target_cycles_per_packet"])
        axes.text(widest, y, f"  {row['cycles_per_packet']:.0f}", va="center")
    axes.set_yticks(range(len(rows)), [row["chain"] for row in rows])
    axes.set(title="Filter chains: 1,000 sessions, both directions mixed",
             xlabel="TSC cycles a packet")
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.12)
    legend_below(figure, [Patch(color=OURS, label="natterjack"), TARGET_LINE])
    save(figure, path)


def bars(axes, groups, columns):
    """Grouped bars, their values above: columns are (color, values), None where there is none."""
    width = 0.8 / len(columns)
    for number, (color, values) in enumerate(columns):
        for x, value in enumerate(values):
            if value is None:
                continue
            at = x - 0.4 + width * (number + 0.5)
            axes.bar(at, value, width * 0.92, color=color)
            axes.text(at, value, f"{value:.3g}", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(groups)), groups)
    axes.grid(axis="x", visible=False)


def memif_throughput(rows, path):
    """Packets a second through the memif."""
    rows = [r for r in rows if r["direction"] == "downstream"]
    frames = sorted({r["frame_bytes"] for r in rows})
    figure, panels = pyplot.subplots(1, len(frames), figsize=(10, 4.2), squeeze=False)
    names = {"testpmd macswap": OTHER, "natterjack": OURS, "Open vSwitch conntrack SNAT": PEER}
    for axes, frame in zip(panels[0], frames):
        memif_panel(axes, [r for r in rows if r["frame_bytes"] == frame], names, frame)
    panels[0][0].set_ylabel("million packets a second, there and back")
    heading(figure, "Through shared memory, one worker: packets a second")
    handles = [Patch(color=color, label=name) for name, color in names.items()]
    legend_below(figure, [*handles, TARGET_LINE])
    save(figure, path)


def memif_panel(axes, rows, names, frame):
    """One size of frames: the references' rates are in the rows of their comparison."""
    counts = sorted({r["sessions"] for r in rows})
    columns = []
    for name, color in names.items():
        values = []
        for count in counts:
            found = [r for r in rows if r["sessions"] == count]
            rates = [r["pps"] if name == "natterjack" else r["reference_pps"] for r in found
                     if name in ("natterjack", r["reference"])]
            values.append(rates[0] / 1e6 if rates else None)
        columns.append((color, values))
    bars(axes, [sizes({"sessions": count}) for count in counts], columns)
    for row in rows:
        if "target_ratio" in row:
            x = counts.index(row["sessions"])
            at = row["target_ratio"] * row["reference_pps"] / 1e6
            axes.hlines(at, x - 0.14, x + 0.14, color=TARGET, linewidth=2)
            name = "macswap" if "macswap" in row["reference"] else "OVS"
            axes.text(x + 0.16, at, f"{row['target_ratio']:g} × {name}", color=TARGET,
                      fontsize=7, va="center")
    axes.set_title(f"Frames of {frame} bytes", fontsize=10, fontweight="normal")
    axes.set(xlabel="sessions")


def memif_latency(rows, path):
    """Round trips at half load."""
    rows = [r for r in rows if "p50_ns" in r]
    frames = sorted({r["frame_bytes"] for r in rows})
    figure, panels = pyplot.subplots(1, len(frames), figsize=(10, 4.2), squeeze=False, sharey=True)
    shades = [SECOND, OURS, "#14532d"]
    for axes, frame in zip(panels[0], frames):
        shown = [r for r in rows if r["frame_bytes"] == frame]
        for row, color in zip(shown, shades):
            for prefix, style, shade in ("reference_", "--", OTHER), ("", "-", color):
                times = [row[f"{prefix}{time}_ns"] / 1000 for time in ("p50", "p99", "p999")]
                axes.plot(range(3), times, style, marker="o", color=shade, linewidth=2)
        axes.set_xticks(range(3), ["p50", "p99", "p99.9"])
        axes.set_title(f"Frames of {frame} bytes", fontsize=10, fontweight="normal")
        axes.set(yscale="log", xlabel="share of the datagrams")
    panels[0][0].set_ylabel("round trip, microseconds")
    panels[0][0].yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    heading(figure, "Round trips at half of natterjack's load")
    handles = [Line2D([], [], color=color, marker="o", label=f"natterjack, {sizes(row)} sessions")
               for row, color in zip((r for r in rows if r["frame_bytes"] == frames[0]), shades)]
    other = Line2D([], [], color=OTHER, linestyle="--", marker="o", label="testpmd macswap")
    legend_below(figure, [*handles, other])
    save(figure, path)


def kernel(rows, path):
    """Packets delivered through the veth."""
    shown = [r for r in rows if r["reference"] == "offered"]
    peers = list(dict.fromkeys(r["peer"] for r in shown))[::-1]
    rates = {(r["peer"], r["clients"]): r["pps"] / 1e6 for r in shown}
    figure, axes = pyplot.subplots(figsize=(9, 0.75 * len(peers) + 1.4))
    for y, peer in enumerate(peers):
        ours = peer.startswith("natterjack")
        for clients, offset in (1024, 0.19), (15000, -0.19):
            rate = rates.get((peer, clients))
            if rate is None:
                continue
            color = {(True, 1024): OURS, (True, 15000): SECOND, (False, 1024): OTHER}.get(
                (ours, clients), QUIET)
            axes.barh(y + offset, rate, 0.34, color=color)
            axes.text(rate, y + offset, f"  {rate:.3f}", va="center", fontsize=8)
            kernel_targets(axes, rows, (peer, clients), y + offset)
    axes.set_yticks(range(len(peers)), peers)
    axes.set(title="Through a veth: delivered on one CPU",
             xlabel="million datagrams a second, of 18 bytes of payload")
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.1)
    handles = [Patch(color=color, label=label) for color, label in (
        (OURS, "natterjack, 1,024 clients"), (SECOND, "15,000 arriving"),
        (OTHER, "others, 1,024 clients"), (QUIET, "15,000 arriving"))]
    legend_below(figure, [*handles, TARGET_LINE])
    save(figure, path)


def kernel_targets(axes, rows, case, y):
    """Where a bar has to reach, for each of its targets."""
    for row in rows:
        if (row["peer"], row["clients"]) == case and "target_ratio" in row:
            at = row["target_ratio"] * row["reference_pps"] / 1e6
            axes.vlines(at, y - 0.19, y + 0.19, color=TARGET, linewidth=2)


PLOTS = {
    "pipeline-sessions": ("pipeline", pipeline_sessions),
    "pipeline-chains": ("pipeline", pipeline_chains),
    "memif-throughput": ("memif", memif_throughput),
    "memif-latency": ("memif", memif_latency),
    "kernel": ("kernel", kernel),
}


def draw(rows, directory):
    """All plots of the benchmarks that there are rows of."""
    with pyplot.rc_context(STYLE):
        for name, (bench, plot) in PLOTS.items():
            mine = [r for r in rows if r["bench"] == bench and "left_out" not in r]
            if mine:
                plot(mine, directory / f"{name}.svg")
