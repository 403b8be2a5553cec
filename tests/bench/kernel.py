#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A veth pair for each proxy: clients and the endpoint on one end, the proxy on the other. All of
them are there all the time, and rest while another is measured. docs/performance.md says what each
row means.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import sys

import proxies
import rows
from lanes import Lane
from processes import Cpus, Failed, Namespace, Program, Work
from processes import finish_progress, guarded, progress, run

CLIENTS = 1024, 15000
FRAME_BYTES = 64
XDP, PACKET = OURS = "natterjack af_xdp", "natterjack af_packet"
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
    """One peer's: both namespaces, the pair between them, and the counter at its outer end. Use it
    in a `with` statement."""

    def __init__(self, work, options, number):
        self.work, self.options, self.number, self.cpus = work, options, number, Cpus()
        self.outside, self.inside = Namespace(f"outside-{number}"), Namespace(f"inside-{number}")
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.outside)
            stack.enter_context(self.inside)
            self.wire()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def wire(self):
        """192.0.2.2 is the way to everywhere from inside."""
        outside, inside = self.outside, self.inside
        outside.run("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1", "netns",
                    inside.name)
        for namespace, device in (outside, "e0"), (inside, "e1"):
            namespace.run("ip", "link", "set", device, "up")
            namespace.run("ethtool", "-K", device, "tx", "off")
        outside.run("ip", "address", "add", "192.0.2.2/24", "dev", "e0")
        outside.run("nft", "-f", self.work.file("counter.nft", COUNTER))

    def mac(self, namespace, device):
        """A device's MAC address."""
        links = json.loads(namespace.run("ip", "-j", "link", "show", "dev", device))
        return links[0]["address"]

    def counts(self):
        """Offered and delivered. What the pair itself drops was offered, too."""
        links = json.loads(self.outside.run("ip", "-s", "-j", "link", "show", "dev", "e0"))
        said = self.outside.run("nft", "-j", "list", "counter", "netdev", "bench", "delivered")
        items = json.loads(said)["nftables"]
        counter = next(item["counter"] for item in items if "counter" in item)
        sent = links[0]["stats64"]["tx"]
        return sent["packets"] + sent["dropped"], counter["packets"]

    def sender(self):
        """Datagrams of so many clients as it is told, as fast as they go."""
        command = [*self.outside.enter]
        command += [self.work.build / "tests/bench/generator/bench_generator"]
        lcores = f"0@{self.cpus.generator}"
        command += self.work.eal(f"sender-{self.number}", lcores, megabytes=256)
        command += ["--vdev=net_af_packet0,iface=e0", "--no-telemetry", "--", "--expect", "nothing"]
        command += ["--mac", self.mac(self.inside, "e1"), "--flat", self.options.seconds]
        command += ["--patience", 1]
        return Program(self.work, f"sender-{self.number}", command)

    def measure(self, lane, clients):
        """Offered and delivered packets a second, of all that the sender sends in a slice. Who looks
        at the counters meanwhile would need the sender's CPU."""
        before = self.counts()
        with lane.awake():
            lane.ask((clients, FRAME_BYTES, "downstream"))
            sent = lane.answer()["flat"]
        after = self.counts()
        seconds = sent["warm_seconds"] + sent["seconds"]
        offered, delivered = ((b - a) / seconds for a, b in zip(before, after))
        if not delivered:
            raise Failed(f"it delivers nothing in {seconds:.1f} s", lane.said())
        return offered, delivered


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


@contextlib.contextmanager
def all_lanes(work, options):
    """Every peer that is here and works, ready and resting, with its rig."""
    lanes = {}
    with contextlib.ExitStack() as stack:
        for number, (name, peer) in enumerate(peers_of(options).items()):
            progress(f"kernel: starting {name}")
            rig = stack.enter_context(Rig(work, options, number))
            try:
                lanes[name] = rig, stack.enter_context(Lane(peer(rig), rig.sender))
            except Failed as failure:
                leave_out(name, failure)
        yield lanes


def leave_out(name, failure):
    """Says why one is not among the results."""
    finish_progress()
    print(f"{name} is left out: {failure}\n{failure.log[-1500:]}", file=sys.stderr)


def has(name, clients, part):
    """Whether a peer is measured with so many clients in a part of the run, which is named by their
    number: of 15,000, ours are also asked for 1,024, to be compared with."""
    if part == 1024:
        return clients == 1024
    return "macswap" not in name if clients == part else name in OURS


def measure_slice(lanes, part):
    """Each peer, one after another. One that does not work is not asked again."""
    found = {}
    for name, (rig, lane) in [*lanes.items()]:
        try:
            for clients in CLIENTS:
                if has(name, clients, part):
                    found[name, clients] = rig.measure(lane, clients)
        except Failed as failure:
            leave_out(name, failure)
            del lanes[name]
    return found


def measure(lanes, options):
    """All slices, by the part of the run: fewer clients first, so that the others then arrive."""
    results = {}
    for part in CLIENTS:
        progress(f"kernel: {part:,} clients")
        measure_slice(lanes, part)  # next hops are resolved, and most sessions opened
        results[part] = [measure_slice(lanes, part) for _ in range(options.slices)]
    return results


def measured(slices, name, clients):
    """Whether all slices have it."""
    return all((name, clients) in found for found in slices)


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


def rows_of(clients, slices):
    """Of a part of the run: every peer's rate against what was offered, and ours against others'."""
    for name in proxies.ORDER:
        if not measured(slices, name, clients):
            continue
        offered, delivered = zip(*(found[name, clients] for found in slices))
        yield rows.compared(row_of(name, clients), delivered, "offered", offered)
        for reference, their_clients, title, target in compared_with(name, clients):
            if measured(slices, reference, their_clients):
                theirs = [found[reference, their_clients][1] for found in slices]
                yield rows.compared(row_of(name, clients), delivered, title, theirs, target)


def rows_left_out(results):
    """Targets that could not be measured, as one of both was not here or did not work."""
    for name, clients in COMPARED:
        slices = results[clients]
        for reference, their_clients, title, target in compared_with(name, clients):
            here = measured(slices, name, clients) and measured(slices, reference, their_clients)
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
    parser.add_argument("--slices", type=int, default=7)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--quilkin", metavar="FILE")
    options = parser.parse_args()
    options.seconds = 0.5
    if options.quick:
        options.slices, options.seconds = 2, 0.3
    options.quilkin = quilkin_at(options.quilkin)
    return options


def main():
    options = read_options()
    about = rows.began(1 << 21 if options.huge_dir else 1 << 12)
    if options.quilkin:
        about["quilkin"] = run(options.quilkin, "--version").strip()
    with Work(options.build, options.huge_dir) as work:
        with all_lanes(work, options) as lanes:
            results = measure(lanes, options)
    finish_progress()
    found = [row for clients, slices in results.items() for row in rows_of(clients, slices)]
    rows.write(options.json, rows.ended(about), [*found, *rows_left_out(results)])
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
