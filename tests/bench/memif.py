#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two processes, shared memory between them: the generator against natterjack, against testpmd and
against Open vSwitch, in turn. docs/performance.md says what each row means.
"""

import argparse
import contextlib
import json
import signal
import statistics
import sys

import rows
from openvswitch import OpenVSwitch
from processes import NAME, Cpus, Failed, Program, Work, finish_progress, guarded, poll, progress

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


class Rig:
    """Both ends of the memif, one peer at a time."""

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
        eal = self.work.eal("peer", self.cpus.lcores(), f"--vdev={self.device('server')}")
        command = ["dpdk-testpmd", *eal, "--", f"--forward-mode={mode}", "--stats-period", "60"]
        with Program(self.work, mode, command, signal.SIGINT) as program:
            program.wait_for(lambda: "start packet forwarding" in program.said())
            yield

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
            f"sessions: {{capacity: {max(SESSIONS)}, ports: 1024-65535, "
            f"source_addresses: [{sources}]}}\n",
        )
        proxy = self.work.file(
            "proxy.yaml",
            "version: v1alpha1\nclusters: [{endpoints: [{address: '198.51.100.2:26000'}]}]\n",
        )
        command = [self.work.build / "app/natterjack", "-a", appliance, "-c", proxy, "--"]
        command += self.work.eal("peer", self.cpus.lcores(), megabytes=1536)
        with Program(self.work, "natterjack", command) as program:
            program.wait_for(lambda: "natterjack: ready" in program.said())
            yield

    @contextlib.contextmanager
    def ovs(self):
        """Open vSwitch."""
        with OpenVSwitch(self.work, self.cpus, self.device("server"), max(SESSIONS)):
            yield

    def generate(self, expect, cases, rx_queues):
        """The generator's cases, by their key, each as it has written it."""
        command = [self.work.build / "tests/bench/generator/bench_generator"]
        command += self.work.eal("generator", f"0@{self.cpus.generator}", megabytes=256)
        command += ["--log-level=lib.eal:error", "--no-telemetry"]
        command += [f"--vdev={self.device('client')}"]
        command += ["--", "--expect", expect, "--rx-queues", rx_queues]
        command += ["--flat", self.options.seconds, "--paced", self.options.seconds]
        for case in cases:
            command += ["--case", ",".join(map(str, case))]
        with Program(self.work, "generator", command) as program:
            poll(600, lambda: program.process.poll() is not None)
            if program.process.poll() != 0:
                raise Failed(f"the generator failed, expecting {expect}", program.said()[-3000:])
            lines = [line for line in program.said().splitlines() if line.startswith("{")]
        return {key(case): case for case in map(json.loads, lines)}


def key(case):
    """What a case is told by."""
    return case["sessions"], case["frame_bytes"], case["direction"]


def cases_of(options):
    """Those from clients, which all peers have, and those of both directions."""
    sizes = options.sessions or SESSIONS
    downstream = [(n, frame, "downstream") for n in sizes for frame in FRAMES]
    return downstream, [(n, 64, "mixed") for n in sizes]


def measure(rig, options, name):
    """One round: each peer's cases."""
    downstream, mixed = cases_of(options)
    cases = sorted(downstream + mixed, key=lambda case: (case[0], case[2], case[1]))
    results = {}
    progress(f"{name}: the generator alone")
    with rig.testpmd("rxonly"):
        results[ALONE] = rig.generate("nothing", [c for c in downstream if c[0] == 1000], 1)
    progress(f"{name}: natterjack")
    with rig.natterjack():
        ours = results["natterjack"] = rig.generate("proxy", cases, 2)
    progress(f"{name}: {MACSWAP}")
    half = {case: ours[case]["flat"]["pps"] / 2 for case in downstream}
    with rig.testpmd("macswap"):
        loads = [(*case, f"{max(half[case], 1):.0f}") for case in downstream]
        results[MACSWAP] = rig.generate("same", loads, 1)
    if options.ovs:
        progress(f"{name}: Open vSwitch")
        with rig.ovs():
            results[OVS] = rig.generate("source", downstream, 2)
    return results


def reference_case(reference, case):
    """The reference's case that one of ours is compared with."""
    sessions, frame, _ = case
    return (1000 if reference == ALONE else sessions), frame, "downstream"


def latencies(mine, theirs):
    """Round trips at half load: medians of the rounds' quantiles, and what we add to theirs."""
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
        sent = sum(case[part]["sent"] for case in cases)
        back = sum(case[part]["returned"] for case in cases)
        yield round(1 - back / sent, 6) if sent else 0


def rows_of(rounds):
    """A row for each case of ours and each reference."""
    for case in rounds[0]["natterjack"]:
        mine = [results["natterjack"][case] for results in rounds]
        for reference in rounds[0]:
            other = reference_case(reference, case)
            if reference == "natterjack" or other not in rounds[0][reference]:
                continue
            if reference == OVS and case[2] == "mixed":
                continue  # it has nothing of that kind to be compared with
            theirs = [results[reference][other] for results in rounds]
            row = dict(zip(("sessions", "frame_bytes", "direction"), case))
            part = "sent_pps" if reference == ALONE else "pps"
            yield finished(row, case, mine, reference, theirs, part)


def rows_left_out(rounds):
    """Targets towards a peer that is not here."""
    for (reference, sessions), target in TARGETS.items():
        if reference not in rounds[0]:
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
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each measurement")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sessions", type=int, action="append")
    options = parser.parse_args()
    options.ovs = bool(options.huge_dir) and OpenVSwitch.is_here()
    if options.quick:
        options.rounds, options.seconds = 1, 0.2
    about = rows.machine(1 << 21 if options.huge_dir else 1 << 12)
    if not options.ovs:
        print("Open vSwitch is left out: it is not installed, or there are no hugepages")
    with Work(options.build, options.huge_dir) as work:
        rig = Rig(work, options)
        rounds = [
            measure(rig, options, f"memif, round {number + 1} of {options.rounds}")
            for number in range(options.rounds)
        ]
    finish_progress()
    results = [*rows_of(rounds), *rows_left_out(rounds)]
    rows.write(options.json, rows.ended(about), results)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
