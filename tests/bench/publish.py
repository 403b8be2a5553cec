# SPDX-License-Identifier: BSD-3-Clause
"""docs/performance/: the results, and a page of tables and plots that is drawn from them alone."""

import datetime
import pathlib

import plots
import rows
import tables

DIRECTORY = pathlib.Path(__file__).resolve().parents[2] / "docs/performance"
HEAD = """<!-- Written by scripts/bench --publish, out of results.json: a change by hand is lost. -->

# Measured

What [docs/performance.md](../performance.md) explains, as `scripts/bench` has measured it. The same
rows for a program: [results.json](results.json).

"""


def page(machine, results):
    """The page, section by section; a benchmark that has not run has none."""
    benches = {row["bench"] for row in results}
    yield HEAD + machine_text(machine)
    yield section("Every figure against its target", tables.targets(results))
    if "pipeline" in benches:
        yield picture("Cycles a packet: pipeline", "pipeline-sessions.svg", "cycles by sessions")
        yield picture(None, "pipeline-chains.svg", "cycles by filter chain")
        yield tables.markdown(tables.packets(results))
        yield section("Cycles a session", tables.events(results))
        yield section("Two workers, each on a CPU", tables.scaling(results))
    if "memif" in benches:
        yield picture("Shared memory: memif", "memif-throughput.svg", "packets a second")
        yield tables.markdown(tables.throughput(results))
        yield picture("Latency at half load", "memif-latency.svg", "round trips")
        yield "Microseconds.\n\n" + tables.markdown(tables.latency(results))
    if "kernel" in benches:
        yield picture("A veth: kernel", "kernel.svg", "packets delivered a second")
        yield tables.markdown(tables.delivered(results))
        yield section("Against others, on the veth", tables.against(results))


def machine_text(machine):
    """What it was measured on, in a sentence."""
    pages = "hugepages of 2 MiB" if machine.get("page_bytes") == 1 << 21 else "pages of 4 KiB"
    load = f"{machine.get('load_before', 0):.1f} to {machine.get('load_after', 0):.1f}"
    return (
        f"On {machine['cpus']} CPUs ({machine['cpu']}), Linux {machine['kernel']}, {pages}, "
        f"load average {load}, {machine['measured']}.\n"
    )


def section(title, table):
    """A heading and a table; nothing where the table is empty."""
    return f"## {title}\n\n{tables.markdown(table)}" if table[1] else ""


def picture(title, file, alternative):
    """A plot, below a heading or not."""
    heading = f"## {title}\n\n" if title else ""
    return f"{heading}![{alternative}]({file})\n"


def merged(machine, results):
    """With the published rows of the benchmarks that did not run this time."""
    file = DIRECTORY / "results.json"
    if not file.exists():
        return machine, results
    before, published = rows.read(file)
    ran = {row["bench"] for row in results}
    kept = [row for row in published if row["bench"] not in ran]
    order = {"pipeline": 0, "memif": 1, "kernel": 2}
    return before | machine, sorted(kept + results, key=lambda row: order[row["bench"]])


def publish(machine, results):
    """Writes it all."""
    DIRECTORY.mkdir(exist_ok=True)
    machine["measured"] = datetime.date.today().isoformat()
    machine, results = merged(machine, results)
    rows.write(DIRECTORY / "results.json", machine, results)
    plots.draw(results, DIRECTORY)
    (DIRECTORY / "README.md").write_text("\n".join(filter(None, page(machine, results))))
    print(f"\nPublished in {DIRECTORY}")
