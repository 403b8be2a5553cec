#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two processes, shared memory between them: the generator against natterjack, against testpmd and
against Open vSwitch, in turn. All of them are there all the time, and rest while another is
measured, so that a ratio is of slices that follow each other. docs/performance.md says what each
row means.
"""

import argparse
import contextlib
import functools
import signal
import statistics
import sys

import rows
from lanes import Lane
from openvswitch import OpenVSwitch
from processes import NAME, Cpus, Program, Work, finish_progress, guarded, progress

SESSIONS = 1000, 200000, 1000000
FRAMES = 64, 512
PER_ADDRESS = 40000  # sessions that a source address gets, of 64,511
MEMIF = "net_memif0,role={role},id=0,socket={socket},socket-abstract=no,bsize=2048,rsize=11"
MACSWAP, OVS, ALONE = "testpmd macswap", "Open vSwitch conntrack SNAT", "generator alone"
TARGETS = {  # of 64-byte frames from clients
    (MACSWAP, 1000): 0.60,
    (MACSWAP, 1000000): 0.40,
    (OVS, 1000): 2.5,
    (OVS, 200000): 6.0,
}
TIMES = "p50_ns", "p99_ns", "p999_ns"
PATIENCE_MS = 50  # how long a generator waits for what does not come back


class Rig:
    """Both ends of a memif for each peer."""

    def __init__(self, work, options):
        self.work, self.options, self.cpus = work, options, Cpus()
        self.peers = 0

    def device(self, role):
        """The memif, as DPDK names it. Each peer, the server, has a socket of its own, whatever the
        one before has left behind."""
        self.peers += role == "server"
        socket = self.work.directory / f"memif-{self.peers}.sock"
        return MEMIF.format(role=role, socket=socket)

    @contextlib.contextmanager
    def testpmd(self, mode):
        """testpmd with this forward mode."""
        device = f"--vdev={self.device('server')}"
        eal = self.work.eal(f"peer-{self.peers}", self.cpus.lcores(), device)
        command = ["dpdk-testpmd", *eal, "--", f"--forward-mode={mode}", "--stats-period", "60"]
        with Program(self.work, mode, command, signal.SIGINT) as program:
            program.wait_for(lambda: "start packet forwarding" in program.said())
            yield [program]

    @contextlib.contextmanager
    def natterjack(self):
        """natterjack, with one worker and one port."""
        sources = ", ".join(f"203.0.113.{i}" for i in range(-(-max(SESSIONS) // PER_ADDRESS)))
        appliance = self.work.file(
            "appliance.yaml",
            f"id: {NAME}\nports:\n"
            f"  - device: '{self.device('server')}'\n"
            "    addresses: [192.0.2.1/24]\n    gateways: [192.0.2.2]\n"
            "listeners: [{port: 7777}]\n"
            f"sessions: {{capacity: {max(SESSIONS)}, ttl: 1h, ports: 1024-65535, "
            f"source_addresses: [{sources}]}}\n"
            "limits: {sessions_per_source: 0}\n",  # all clients are at 256 addresses
        )
        proxy = self.work.file(
            "proxy.yaml",
            "version: v1alpha1\nclusters: [{endpoints: [{address: '198.51.100.2:26000'}]}]\n",
        )
        command = [self.work.build / "app/natterjack", "-a", appliance, "-c", proxy, "--"]
        command += self.work.eal(f"peer-{self.peers}", self.cpus.lcores(), megabytes=1536)
        with Program(self.work, "natterjack", command) as program:
            program.wait_for(lambda: "natterjack: ready" in program.said())
            yield [program]

    @contextlib.contextmanager
    def ovs(self):
        """Open vSwitch."""
        with OpenVSwitch(self.work, self.cpus, self.device("server"), max(SESSIONS)) as switch:
            yield switch.programs[-1:]

    def generator(self, expect, rx_queues):
        """The other end: it measures the cases that it is told, a line each."""
        command = [self.work.build / "tests/bench/generator/bench_generator"]
        command += self.work.eal(
            f"generator-{self.peers}", f"0@{self.cpus.generator}", megabytes=256
        )
        command += ["--log-level=lib.eal:error", "--no-telemetry"]
        command += [f"--vdev={self.device('client')}"]
        command += ["--", "--expect", expect, "--rx-queues", rx_queues, "--patience", PATIENCE_MS]
        command += ["--flat", self.options.seconds]
        if expect in ("proxy", "same"):
            command += ["--paced", self.options.seconds]
        return Program(self.work, f"generator-{self.peers}", command)


def measure_one(lane, case):
    """One slice of a case, as the generator has written it."""
    with lane.awake():
        lane.ask(case)
        return lane.answer()


def cases_of(options):
    """Those from clients, which all peers have, and those of both directions; by size, as a table
    can only grow."""
    cases = []
    for n in options.sessions or SESSIONS:
        cases += [(n, frame, "downstream") for frame in FRAMES] + [(n, 64, "mixed")]
    return cases


def has(peer, case):
    """Whether a peer is measured in a case."""
    if peer == ALONE:
        return case[0] == 1000 and case[2] == "downstream"
    return peer in ("natterjack", MACSWAP) or case[2] == "downstream"


def measure_slice(lanes, case):
    """Each peer, one after another; macswap has the load for its latency that natterjack has."""
    found = {}
    for name, lane in lanes.items():
        asked = case
        if name == MACSWAP:
            asked = *case[:2], "downstream", f"{max(found['natterjack']['flat']['pps'] / 2, 1):.0f}"
        if has(name, case):
            found[name] = measure_one(lane, asked)
    return found


def measure(lanes, options):
    """All slices of each case; of each, what each peer came to."""
    results = {}
    for case in cases_of(options):
        sessions, frame, direction = case
        progress(f"memif: {sessions:,} sessions, {frame} bytes, {direction}")
        results[case] = [measure_slice(lanes, case) for _ in range(options.slices)]
    return results


@contextlib.contextmanager
def all_lanes(rig, options):
    """Every peer that is here, ready and resting."""
    kinds = [
        (ALONE, "nothing", rig.testpmd("rxonly"), 1),
        ("natterjack", "proxy", rig.natterjack(), 2),
        (MACSWAP, "same", rig.testpmd("macswap"), 1),
        (OVS, "source", rig.ovs(), 2),
    ]
    lanes = {}
    with contextlib.ExitStack() as stack:
        for name, expect, peer, rx_queues in kinds[: 4 if options.ovs else 3]:
            progress(f"memif: starting {name}")
            generator = functools.partial(rig.generator, expect, rx_queues)
            lanes[name] = stack.enter_context(Lane(peer, generator))
        yield lanes


def latencies(mine, theirs):
    """Round trips at half load: medians of the slices' quantiles, and what we add to theirs."""
    found = {}
    for time in TIMES:
        ours, other = ([case["paced"][time] for case in cases] for cases in (mine, theirs))
        found[time] = round(statistics.median(ours))
        found[f"reference_{time}"] = round(statistics.median(other))
        found[f"added_{time}"] = round(statistics.median(a - b for a, b in zip(ours, other)))
    return found


def lost(cases):
    """Which share of what was sent as fast as it went did not come back; and at half load."""
    for part in "flat", "paced":
        sent = sum(case[part]["sent"] for case in cases if part in case)
        back = sum(case[part]["returned"] for case in cases if part in case)
        yield round(1 - back / sent, 6) if sent else 0


def rows_of(results):
    """A row for each case of ours and each reference."""
    alone = {}
    for case, slices in results.items():
        if has(ALONE, case):
            alone[case[1]] = [each[ALONE] for each in slices]
        mine = [each["natterjack"] for each in slices]
        row = dict(zip(("sessions", "frame_bytes", "direction"), case))
        if case[1] in alone:
            yield finished(row, case, mine, ALONE, alone[case[1]], "sent_pps")
        for reference in slices[0]:
            if reference in (MACSWAP, OVS):
                theirs = [each[reference] for each in slices]
                yield finished(row, case, mine, reference, theirs, "pps")


def rows_left_out(results):
    """Targets towards a peer that is not here."""
    here = {peer for slices in results.values() for peer in slices[0]}
    for (reference, sessions), target in TARGETS.items():
        if reference not in here:
            row = {"bench": "memif", "peer": "natterjack", "sessions": sessions}
            row |= {"frame_bytes": 64, "direction": "downstream"}
            yield rows.left_out(row, reference, target)


def finished(row, case, mine, reference, theirs, part):
    """One row."""
    target = TARGETS.get((reference, case[0])) if case[1:] == (64, "downstream") else None
    row = rows.compared(
        {"bench": "memif", "peer": "natterjack", **row},
        [each["flat"]["pps"] for each in mine],
        reference,
        [each["flat"][part] for each in theirs],
        target,
    )
    row["lost"], row["lost_at_half_load"] = lost(mine)
    row["strays"] = sum(each[part]["strays"] for each in mine for part in ("flat", "paced"))
    if reference != ALONE:
        row["reference_lost"], _ = lost(theirs)
    if reference == MACSWAP and case[2] == "downstream":
        row |= latencies(mine, theirs)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--huge-dir", help="a hugetlbfs; without it, pages of 4 KiB")
    parser.add_argument("--json", required=True)
    parser.add_argument("--slices", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.15, help="of each measurement")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sessions", type=int, action="append")
    options = parser.parse_args()
    options.ovs = bool(options.huge_dir) and OpenVSwitch.is_here()
    if options.quick:
        options.slices = 3
    about = rows.began(1 << 21 if options.huge_dir else 1 << 12)
    if not options.ovs:
        print("Open vSwitch is left out: it is not installed, or there are no hugepages")
    with Work(options.build, options.huge_dir) as work:
        with all_lanes(Rig(work, options), options) as lanes:
            results = measure(lanes, options)
    finish_progress()
    found = [*rows_of(results), *rows_left_out(results)]
    rows.write(options.json, rows.ended(about), found)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
