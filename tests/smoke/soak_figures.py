# SPDX-License-Identifier: BSD-3-Clause
"""What soak.py holds natterjack to: its counters, those of the kernel's devices, and its memory."""

import json
import os
import pathlib
import re
import subprocess
import time

from both_ends import Telemetry, namespace

SETTLE = 60  # seconds that anything may take
FLAT = 256 << 10  # bytes: less is no growth
EXCUSED = {  # reasons for a drop that are no fault here
    "neighbor_unreachable",  # an endpoint is not there at all, or a link is down
    "neighbor_queue_full",
    "no_session",  # late answers: their sessions are over, or gave way
    "no_ports",  # more clients want the first endpoint than it has ports
    "tx_full",  # a link is down
    "handoff_full",  # a worker had no CPU for a while
    "local_full",  # nor the manager
    "local_rate",  # the kernels ask for us, for all of their clients, when a link is back
    "icmp_rate",  # answers to clients that have gone
}


def resident(pid):
    """Bytes that are in memory: a process's own, and of what DPDK has reserved at the start."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return [
        int(re.search(rf"^{name}:\s+(\d+) kB", status, re.M).group(1)) << 10
        for name in ("RssAnon", "RssShmem")
    ]


class Figures:
    """Of one natterjack."""

    def __init__(self, rig, pid):
        self.rig, self.pid = rig, pid
        self.telemetry = Telemetry(rig, SETTLE)
        self.heap = self.heap_now()
        self.memory = []  # (seconds, bytes, bytes of DPDK's)
        self.most = 0  # sessions at once

    def ask(self, command):
        """The answer to a telemetry command."""
        return self.telemetry.ask("/natterjack/" + command)

    def heap_now(self):
        """Bytes and pieces of DPDK's memory that are in use."""
        heap = self.telemetry.ask("/eal/heap_info,0")
        return heap["Alloc_size"], heap["Alloc_count"]

    def look(self):
        """Takes what changes."""
        own, dpdk = resident(self.pid)
        self.memory.append((time.monotonic(), own, dpdk))
        self.most = max(self.most, self.ask("stats")["sessions_active"])

    def is_quiet(self):
        """Whether no session is left, nor a packet on its way, nor memory of an old file's."""
        stats = self.ask("stats")
        return not stats["sessions_active"] and not stats["in_flight"] and self.heap_now() == self.heap

    def devices(self):
        """Frames that the kernel has handed to natterjack's two devices, and those it got."""
        with namespace(self.rig + "-proxy"):
            text = subprocess.run(
                ["ip", "-j", "-s", "link", "show"], check=True, capture_output=True
            ).stdout
        links = [one["stats64"] for one in json.loads(text) if one["ifname"] in ("c0", "s0")]
        return (
            sum(one["rx"]["packets"] for one in links),
            sum(one["tx"]["packets"] + one["tx"]["dropped"] for one in links),
        )

    # The laws

    def check(self):
        """What is not as it should be. Kernels may ask for a neighbor between two looks, so it looks
        again."""
        deadline = time.monotonic() + SETTLE / 10
        while True:
            faults = list(self.faults())
            if not faults or time.monotonic() > deadline:
                return faults

    def faults(self):
        """The same, at one look."""
        stats = self.ask("stats")
        yield from self.check_law()
        yield from self.check_sessions(stats)
        yield from self.check_devices(stats)
        yield from self.check_memory()
        drops = {why for why, n in stats["dropped"].items() if n}
        if drops - EXCUSED:
            yield f"dropped without an excuse: {drops - EXCUSED}"

    def check_law(self):
        """Every packet is in one counter, port by port."""
        for port in self.ask("ports"):
            came = port["rx_packets"] + port["copied"]
            went = port["tx_packets"] + port["local"] + sum(port["dropped"].values())
            if came != went:
                yield f"port {port['port']}: {came} packets came, {went} ended"

    def check_sessions(self, stats):
        """All that were opened were closed, and their ports are free."""
        closed = stats["sessions_expired"] + stats["sessions_evicted"]
        if stats["sessions_total"] != closed or stats["sessions_active"]:
            yield f"{stats['sessions_total']} sessions were opened, {closed} closed"
        if stats["sessions_rejected"] != stats["dropped"]["no_ports"]:
            yield f"{stats['sessions_rejected']} sessions refused, {stats['dropped']['no_ports']} for ports"
        for endpoint in self.ask("clusters"):
            if endpoint["sessions"]:
                yield f"an endpoint has ports in use: {endpoint}"

    def check_devices(self, stats):
        """The kernel has sent what natterjack says it has, and natterjack has got no more than the
        kernel had for it."""
        received, sent = self.devices()
        if sent != stats["tx_packets"] + stats["originated"]:
            yield f"the kernel sent {sent}: {stats}"
        if self.missed(stats) < 0:
            yield f"the kernel received {received}: {stats}"

    def missed(self, stats):
        """Frames that were lost on the way from the kernel's devices to natterjack."""
        return self.devices()[0] - stats["rx_packets"]

    def check_memory(self):
        """It is flat, and DPDK's is what it was at first. The address sanitizer keeps back what was
        given back, and finds leaks itself."""
        if self.heap_now() != self.heap:
            yield f"DPDK's memory was {self.heap}, is {self.heap_now()}"
        if self.spread() > FLAT and "ASAN_OPTIONS" not in os.environ:
            yield f"memory is not flat: {self.memory}"

    # Figures

    def passed(self, direction):
        """Datagrams that natterjack took in a direction."""
        return self.ask("stats")[direction]["packets"]

    def settled(self):
        """Samples of natterjack's own memory behind the first quarter of the time."""
        first = self.memory[0][0] + (self.memory[-1][0] - self.memory[0][0]) / 4
        return [(when, own) for when, own, _ in self.memory if when >= first]

    def spread(self):
        """Bytes between the largest and the smallest."""
        sizes = [size for _, size in self.settled()]
        return max(sizes) - min(sizes)

    def slope(self):
        """Bytes a minute, the straight line with the least squares."""
        samples = self.settled()
        middle = sum(when for when, _ in samples) / len(samples)
        square = sum((when - middle) ** 2 for when, _ in samples)
        return 60 * sum((when - middle) * size for when, size in samples) / square if square else 0

    def rows(self, minutes):
        """What is to be printed, line by line."""
        stats = self.ask("stats")
        drops = ", ".join(f"{why} {n}" for why, n in stats["dropped"].items() if n)
        ended = f"{stats['tx_packets']} + {stats['local']} + {sum(stats['dropped'].values())}"
        yield "sessions", (
            f"{stats['sessions_total']} opened, {stats['sessions_total'] / minutes:.0f} a minute;"
            f" {stats['sessions_expired']} expired,"
            f" {stats['sessions_evicted']} gave way, {stats['sessions_active']} left;"
            f" at most {self.most} at once"
        )
        yield "dropped", drops
        yield "missed", f"{self.missed(stats)} frames between the kernel's devices and natterjack"
        yield "law", (
            f"received {stats['rx_packets']} + copied {stats['copied']}"
            f" = transmitted, local, dropped {ended}"
        )
        yield "DPDK's memory", (
            "{} bytes in {} pieces".format(*self.heap_now())
            + f", as at first; {self.memory[-1][2] >> 10} KiB were ever touched"
        )
        yield "other memory", (
            f"{self.memory[0][1] >> 10} KiB at first, {self.memory[-1][1] >> 10} KiB at the end;"
            f" behind the first quarter {self.spread() >> 10} KiB between the most and the least,"
            f" {self.slope() / 1024:+.1f} KiB a minute"
        )
