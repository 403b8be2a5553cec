#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One veth pair: clients and the endpoint on one end, one proxy after the other on the other end.
docs/performance.md says what each row means.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import signal
import sys
import time

import proxies
import rows
from processes import Cpus, Failed, Namespace, Program, Work
from processes import finish_progress, guarded, progress, run

CLIENTS = 1024, 15000
FRAME_BYTES = 64
XDP, PACKET = "natterjack af_xdp", "natterjack af_packet"
# Which of our rows are compared with whom, and the ratio to reach; "at 1,024" is ourselves.
COMPARED = {
    (XDP, 1024): {proxies.MACSWAP_XDP: 0.9, proxies.QUILKIN_XDP: 1.0},
    (PACKET, 1024): {proxies.MACSWAP_PACKET: None, proxies.NGINX: 2.0, proxies.QUILKIN: 6.0},
    (XDP, 15000): {XDP: 0.9, proxies.QUILKIN_XDP: None},
    (PACKET, 15000): {PACKET: 0.9, proxies.NGINX: None, proxies.QUILKIN: None},
}
# Counts what is delivered, by where a proxy sends it or macswap returns it, and ends it there.
COUNTER = """
table netdev bench {
	counter delivered { }
	chain ingress {
		type filter hook ingress device e0 priority 0;
		ip daddr 198.51.100.2 udp dport 26000 counter name delivered drop
		ip daddr 192.0.2.1 udp dport 7777 counter name delivered drop
	}
}
"""


class Rig:
    """Both namespaces, the pair between them, the sender and the counter."""

    def __init__(self, work, options):
        self.work, self.options, self.cpus = work, options, Cpus()
        self.outside, self.inside = Namespace("outside"), Namespace("inside")

    @contextlib.contextmanager
    def wired(self):
        """A pair for one proxy alone: nothing of the one before is left. 192.0.2.2 is the way to
        everywhere from inside."""
        with self.outside as outside, self.inside as inside:
            outside.run("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1", "netns",
                        inside.name)
            for namespace, device in (outside, "e0"), (inside, "e1"):
                namespace.run("ip", "link", "set", device, "up")
                namespace.run("ethtool", "-K", device, "tx", "off")
            outside.run("ip", "address", "add", "192.0.2.2/24", "dev", "e0")
            outside.run("nft", "-f", self.work.file("counter.nft", COUNTER))
            yield

    def mac(self, namespace, device):
        """A device's MAC address."""
        links = json.loads(namespace.run("ip", "-j", "link", "show", "dev", device))
        return links[0]["address"]

    def counts(self):
        """Offered, delivered, and when. What the pair itself drops was offered, too."""
        links = json.loads(self.outside.run("ip", "-s", "-j", "link", "show", "dev", "e0"))
        said = self.outside.run("nft", "-j", "list", "counter", "netdev", "bench", "delivered")
        items = json.loads(said)["nftables"]
        counter = next(item["counter"] for item in items if "counter" in item)
        sent = links[0]["stats64"]["tx"]
        return sent["packets"] + sent["dropped"], counter["packets"], time.monotonic()

    @contextlib.contextmanager
    def sending(self, clients):
        """Datagrams of so many clients, as fast as they go, once the first were delivered."""
        command = [*self.outside.enter]
        command += [self.work.build / "tests/bench/generator/bench_generator"]
        command += self.work.eal("sender", f"0@{self.cpus.generator}", megabytes=256)
        command += ["--vdev=net_af_packet0,iface=e0", "--no-telemetry", "--", "--expect", "nothing"]
        command += ["--mac", self.mac(self.inside, "e1"), "--flat", 600]
        command += ["--case", f"{clients},{FRAME_BYTES},downstream"]
        with Program(self.work, "sender", command, signal.SIGKILL) as sender:
            before = self.counts()[1]
            sender.wait_for(lambda: self.counts()[1] > before + 100)
            yield

    def measure(self, clients):
        """Offered and delivered packets a second."""
        with self.sending(clients):
            time.sleep(self.options.warm)
            offered, delivered, begin = self.counts()
            time.sleep(self.options.seconds)
            last_offered, last_delivered, end = self.counts()
        seconds = end - begin
        return (last_offered - offered) / seconds, (last_delivered - delivered) / seconds


def peers_of(options):
    """Those that are here, and why others are not."""
    peers = {
        proxies.NFTABLES: proxies.nftables,
        proxies.MACSWAP_PACKET: proxies.macswap_packet,
        PACKET: proxies.natterjack_packet,
    }
    if shutil.which("nginx") and proxies.STREAM.exists():
        peers[proxies.NGINX] = proxies.nginx
    else:
        print(f"{proxies.NGINX} is left out: nginx with its stream module is not installed")
    if options.huge_dir:
        peers |= {proxies.MACSWAP_XDP: proxies.macswap_xdp, XDP: proxies.natterjack_xdp}
    else:
        print("af_xdp is left out: there are no hugepages")
    if options.quilkin:
        peers |= {proxies.QUILKIN: proxies.quilkin, proxies.QUILKIN_XDP: proxies.quilkin_xdp}
    else:
        print("Quilkin is left out: no `quilkin` is on the PATH, and --quilkin FILE names none")
    return {name: peers[name] for name in proxies.ORDER if name in peers}


def measure_peer(rig, start, name):
    """Its figures, by number of clients: fewer first, so that the others then arrive."""
    figures = {}
    for clients in rig.options.clients:
        if clients == 1024 or "macswap" not in name:
            progress(f"{start}: {name}, {clients:,} clients")
            figures[name, clients] = rig.measure(clients)
    return figures


def measure(rig, peers, start):
    """One round: every peer in turn. One that does not work says so and is left out."""
    results = {}
    for name, peer in peers.items():
        with rig.wired():
            try:
                with peer(rig):
                    results |= measure_peer(rig, start, name)
            except Failed as failure:
                finish_progress()
                print(f"{name} is left out: {failure}\n{failure.log[-1500:]}", file=sys.stderr)
    return results


def measured(rounds, name, clients):
    """Whether all rounds have it."""
    return all((name, clients) in results for results in rounds)


def compared_with(name, clients):
    """Whom one of ours is compared with: the name, the number of clients, a title, the target."""
    for reference, target in COMPARED.get((name, clients), {}).items():
        if reference == name:
            yield reference, 1024, f"{name}, 1,024 clients", target
        else:
            yield reference, clients, reference, target


def row_of(name, clients):
    """What every row begins with."""
    return {"bench": "kernel", "peer": name, "clients": clients, "frame_bytes": FRAME_BYTES}


def rows_of(rounds):
    """Every peer's rate against what was offered, and ours against others'."""
    for name, clients in rounds[0]:
        if not measured(rounds, name, clients):
            continue
        figures = [results[name, clients] for results in rounds]
        offered, delivered = zip(*figures)
        yield rows.compared(row_of(name, clients), delivered, "offered", offered)
        for reference, their_clients, title, target in compared_with(name, clients):
            if measured(rounds, reference, their_clients):
                theirs = [results[reference, their_clients][1] for results in rounds]
                yield rows.compared(row_of(name, clients), delivered, title, theirs, target)


def rows_left_out(rounds):
    """Targets that could not be measured, as one of both was not here or did not work."""
    for name, clients in COMPARED:
        for reference, their_clients, title, target in compared_with(name, clients):
            here = measured(rounds, name, clients) and measured(rounds, reference, their_clients)
            if target is not None and not here:
                yield rows.left_out(row_of(name, clients), title, target)


def quilkin_at(given):
    """The program: the one named, else the one on the PATH; None where there is none."""
    if given and not pathlib.Path(given).is_file():
        raise Failed(f"--quilkin {given}: there is no such file")
    return given or shutil.which("quilkin")


def read_options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--huge-dir", help="a hugetlbfs; without it there is no af_xdp")
    parser.add_argument("--json", required=True)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--quilkin", metavar="FILE")
    options = parser.parse_args()
    options.warm, options.seconds, options.clients = 0.7, 1.0, CLIENTS
    if options.quick:
        options.rounds, options.warm, options.seconds = 1, 0.5, 0.5
    options.quilkin = quilkin_at(options.quilkin)
    return options


def main():
    options = read_options()
    about = rows.machine(1 << 21 if options.huge_dir else 1 << 12)
    if options.quilkin:
        about["quilkin"] = run(options.quilkin, "--version").strip()
    peers = peers_of(options)
    with Work(options.build, options.huge_dir) as work:
        rig = Rig(work, options)
        rounds = [
            measure(rig, peers, f"kernel, round {number + 1} of {options.rounds}")
            for number in range(options.rounds)
        ]
    finish_progress()
    results = [*rows_of(rounds), *rows_left_out(rounds)]
    rows.write(options.json, rows.ended(about), results)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
