#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts the same random chains, files and payloads through Quilkin and through natterjack.

The same servers have to get the same bytes, the clients the same bytes back, and a file that one
takes the other has to take. What differs and is not on the list in better.py is a failure.

    differential.py --era 1 --natterjack build/app/natterjack [--chains 500] [--seed 1] [--only N]

QUILKIN_E1 and QUILKIN_E2 name the two binaries (0.2.0 and 0.9.0); without one its era is left out,
with exit status 77, as where this is not root.
"""
import argparse
import collections
import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source's folder stays as it is

import better
import chains
import codec
import world

LEFT_OUT = 77


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--era", type=int, choices=[1, 2], required=True)
    parser.add_argument("--natterjack", required=True, help="the binary")
    parser.add_argument("--chains", type=int, default=20)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int, help="one chain by its number, and all about it")
    parser.add_argument("--slots", type=int, default=10, help="how many Quilkins at once")
    parser.add_argument("--workers", type=int, default=2, help="how many natterjacks at once")
    parser.add_argument("--idle", type=float, default=0.3, help="seconds of silence that end a run")
    return parser.parse_args()


class Result:
    """What became of one chain."""

    def __init__(self, case, slot):
        self.case = case
        self.file = case.text(slot.number)
        self.taken, self.text, self.heard, self.wrong = {}, {}, {}, []

    def canonical(self, name):
        return self.heard[name].canonical(self.case.any_server())

    def differs_in_traffic(self):
        return len(self.heard) == 2 and self.canonical("quilkin") != self.canonical("natterjack")

    def differs_now(self, slot):
        wanted = self.heard.get("quilkin") or world.Heard()
        any_server = self.case.any_server()
        return slot.heard["natterjack"].canonical(any_server) != wanted.canonical(any_server)

    def equal_when_unpacked(self):
        def unpacked(name):
            heard = self.heard[name]
            plain = world.Heard()
            plain.servers = [(server, port, codec.plain(payload)) for server, port, payload in heard.servers]
            plain.clients = [(client, codec.plain(payload)) for client, payload in heard.clients]
            return plain.canonical(self.case.any_server())
        return unpacked("quilkin") == unpacked("natterjack")

    def agrees(self):
        return self.taken["quilkin"] == self.taken["natterjack"] and not self.differs_in_traffic() and \
            not self.wrong

    def describe(self):
        lines = [f"--- {self.case.name}" + (f", mistake: {self.case.mistake}" if self.case.mistake else ""),
                 self.file]
        lines += [f"{name} {'takes' if taken else 'refuses'} it" for name, taken in self.taken.items()]
        if self.taken["quilkin"] != self.taken["natterjack"]:
            lines += [f"{name} says: {self.text[name].strip()[:1500]}" for name, taken in self.taken.items() if not taken]
        if self.differs_in_traffic():
            lines += self.describe_traffic()
        return "\n".join(lines + self.wrong)

    def describe_traffic(self):
        lines = [f"client {client} sends {payload!r}" for client, payload in self.case.datagrams]
        lines += [f"servers answer with the same and one of {self.case.replies!r}"]
        for side, what in enumerate(("servers get", "clients get")):
            both = {name: flatten(self.canonical(name)[side]) for name in self.heard}
            common = both["quilkin"] & both["natterjack"]
            for name, got in both.items():
                lines += [f"{name} alone: {what} {where}: {payload!r}" + (f" ({n} times)" if n > 1 else "")
                          for (where, payload), n in sorted((got - common).items())]
        return lines


def flatten(groups):
    counter = collections.Counter()
    for where, payloads in groups:
        for payload in payloads if isinstance(payloads, list) else [payloads]:
            counter[where, payload] += 1
    return counter


class Comparison:
    def __init__(self, given, quilkin):
        self.given, self.quilkin = given, quilkin
        self.folder = tempfile.mkdtemp(prefix="nj-differential-")
        self.port = world.PORTS[given.era]
        self.slots = [world.Slot(number) for number in range(1, given.slots + 1)]

    def close(self):
        for slot in self.slots:
            slot.close()
        shutil.rmtree(self.folder)

    def start(self, name, slot, result):
        path = os.path.join(self.folder, f"proxy-{slot.number}.yaml")
        with open(path, "w") as file:
            file.write(result.file)
        log = open(os.path.join(self.folder, f"{name}-{slot.number}.log"), "w")
        slot.clear()
        slot.replies = result.case.replies
        if name == "quilkin":
            return world.Quilkin(self.quilkin, self.given.era, slot.quilkin_namespace, path, log)
        return world.Natterjack(self.given.natterjack, slot, path, log)

    def send(self, name, pairs):
        """The chains' datagrams in turn, so that each has its time."""
        for round_ in range(max(len(result.case.datagrams) for _, result in pairs)):
            for slot, result in pairs:
                if round_ < len(result.case.datagrams):
                    slot.send(name, self.port, *result.case.datagrams[round_])
            world.listen([slot for slot, _ in pairs], self.port, 0.004)

    def play(self, name, pairs):
        """One proxy for each pair of slot and result."""
        proxies = [self.start(name, *pair) for pair in pairs]
        try:
            for (_, result), proxy in zip(pairs, proxies):
                try:
                    result.taken[name] = proxy.wait()
                except TimeoutError as error:
                    result.taken[name] = False
                    result.wrong.append(f"{name}: {error}")
            running = [pair for pair in pairs if pair[1].taken[name] and not pair[1].case.without_traffic()]
            if running:
                self.send(name, running)
                world.listen([slot for slot, _ in running], self.port, self.given.idle,
                             lambda: name == "natterjack" and not any(r.differs_now(s) for s, r in running))
            for slot, result in running:
                result.heard[name] = slot.heard[name]
        finally:
            for (_, result), proxy in zip(pairs, proxies):
                result.text[name] = proxy.text()
                ended = proxy.process.poll()
                proxy.stop()
                check_end(name, result, proxy, ended)

    def compare(self, cases):
        pairs = [(slot, Result(case, slot)) for slot, case in zip(self.slots, cases)]
        self.play("quilkin", pairs)
        n = self.given.workers
        for i in range(0, len(pairs), n):
            self.play("natterjack", pairs[i:i + n])
        return [result for _, result in pairs]

    def compare_again(self, case):
        """Alone and with more patience: a busy machine is no difference."""
        idle, self.given.idle = self.given.idle, 5 * self.given.idle
        result = self.compare([case])[0]
        self.given.idle = idle
        return result


def check_end(name, result, proxy, ended):
    """natterjack neither ends by itself nor is it ended badly; what refuses says so with 2."""
    if name != "natterjack":
        return
    wanted = 0 if result.taken.get(name) else 2
    if wanted == 0 and ended is not None:
        result.wrong.append(f"natterjack ended by itself with status {ended}: {result.text[name]}")
    elif proxy.status != wanted:
        result.wrong.append(f"natterjack's exit status is {proxy.status}, not {wanted}: {result.text[name]}")


def run(comparison, cases, given):
    """Returns the counts of what came out."""
    counts = collections.Counter()
    for i in range(0, len(cases), given.slots):
        for result in comparison.compare(cases[i:i + given.slots]):
            if not result.agrees():
                result = comparison.compare_again(result.case)
            why = None if result.agrees() else better.reason(result)
            counts["taken by both" if all(result.taken.values()) else "refused by both" if not
                   any(result.taken.values()) else "taken by one"] += 1
            counts["with answers"] += bool(result.heard.get("quilkin") and result.heard["quilkin"].clients)
            if result.agrees():
                counts["agree"] += 1
            elif why is not None and not result.wrong:
                counts[f"better: {why}"] += 1
            else:
                counts["differ"] += 1
            if given.only is not None or not result.agrees() and (why is None or result.wrong):
                print(result.describe(), flush=True)
        print(f"{min(i + given.slots, len(cases))} of {len(cases)} chains: {dict(counts)}", file=sys.stderr, flush=True)
    return counts


def main():
    given = options()
    variable = f"QUILKIN_E{given.era}"
    quilkin = os.environ.get(variable)
    if not quilkin:
        print(f"left out: {variable} does not name a Quilkin of era {given.era} "
              f"({'0.2.0' if given.era == 1 else '0.9.0'})")
        return LEFT_OUT
    if os.geteuid() != 0:
        print("left out: network namespaces need root")
        return LEFT_OUT
    numbers = range(given.chains) if given.only is None else [given.only]
    cases = [chains.Case(given.seed, given.era, number) for number in numbers]
    started = time.monotonic()
    world.enter_own_namespace()
    comparison = Comparison(given, quilkin)
    try:
        counts = run(comparison, cases, given)
    finally:
        comparison.close()
    print(f"era {given.era}, seed {given.seed}: {len(cases)} chains in {time.monotonic() - started:.0f} s")
    for what, n in sorted(counts.items()):
        print(f"{n:6} {what}")
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
