#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients and endpoints of soak.sh, and all that goes wrong in between.

    soak.py file                                      prints the first proxy file
    soak.py run RIG PID FILE MINUTES CLIENTS PORTS    CLIENTS a minute, PORTS as natterjack has them

A client comes, sends two datagrams, each when it has the answer to the one before, and goes. One in
ten wants no answer, and one in twenty goes to an endpoint that is not there. Others stay throughout,
and each has one port all the time. The first endpoint is more popular than it has ports.
"""

import collections
import os
import pathlib
import resource
import select
import signal
import subprocess
import sys
import time

from both_ends import FAULTS_MAX, Fault, namespace, proxy_file
from reload import bad_file, token_chain
from soak_ends import SILENCE, Client, Server
from soak_figures import SETTLE, Figures

ENDPOINTS = [("198.51.100.2", 26000 + i) for i in range(4)]
NOWHERE = 4  # the number of the endpoint that is not there
SHARES = [0] * 8 + [1] * 4 + [2] * 4 + [3] * 3 + [NOWHERE]  # of those that come
TTL = 5  # seconds, as soak.sh has it
IN_FLIGHT = 4096  # clients that wait for an answer
PATIENCE = 1.0  # seconds that one waits, and that one who is done stays to see what comes beyond
ADDRESSES = 250  # of clients, from 192.0.2.2 on
FIRST_PORT, PORTS = 10000, 50000  # of clients
STEADY = 100
STEADY_PORT = 5000
STEADY_PAUSE = 0.25  # seconds between two datagrams of one
WHEN = {  # what happens, in seconds: the first time, and how often from then on
    "look": (0, 0.5),
    "reload": (0.1, 0.25),
    "restart": (2, 3),
    "stall": (1, 14),
    "flap": (4, 8),
}
DOWN = 0.2  # seconds that a link or an endpoint is away


def token(endpoint):
    """What takes a datagram to an endpoint."""
    return b"soak" + bytes([endpoint])


def good_file(number):
    """In three forms."""
    era, chain = token_chain(number % 3, len(token(0)))
    endpoints = [*ENDPOINTS, ("198.51.100.99", 26000)]
    return proxy_file(era, chain, [(one, [token(i)]) for i, one in enumerate(endpoints)])


class Soak:
    """All of it."""

    def __init__(self, rig, pid, path, minutes, clients, ports):
        self.rig, self.pid, self.path = rig, pid, pathlib.Path(path)
        self.seconds, self.pace = minutes * 60, clients / 60  # clients a second
        self.ports = ports
        self.count = collections.Counter()
        self.faults = []
        self.calls = {}
        self.epoll = select.epoll()
        self.clients = {}  # by number: all that are there
        self.waiting = collections.OrderedDict()  # for an answer, the oldest first
        self.done = collections.deque()  # who stays for another moment
        self.numbers = STEADY
        self.later = []  # (when, what) that is to be undone
        self.generation, self.said = 1, ""  # what natterjack is to say of the last file
        self.minutes = self.came = 0
        self.figures = Figures(rig, pid)
        self.servers = [Server(i, address, self) for i, address in enumerate(ENDPOINTS)]
        with namespace(rig + "-client"):
            for i in range(STEADY):
                self.add_client(Client(i, ("192.0.2.2", STEADY_PORT + i), i % len(ENDPOINTS)))

    def add(self, udp, call):
        """Has step() call it when something has come."""
        self.calls[udp.fileno()] = call
        self.epoll.register(udp.fileno(), select.EPOLLIN)

    def remove(self, udp):
        """Not any more."""
        self.epoll.unregister(udp.fileno())
        del self.calls[udp.fileno()]

    def step(self, seconds):
        """Takes what has come, or comes within this time."""
        for descriptor, _ in self.epoll.poll(seconds, 256):
            try:
                if descriptor in self.calls:
                    self.calls[descriptor]()
            except Fault as fault:
                self.faults.append(str(fault))
                if len(self.faults) > FAULTS_MAX:
                    raise

    # Clients

    def add_client(self, client):
        """It takes part."""
        self.clients[client.number] = client
        self.add(client.socket, lambda: self.answered(client))
        return client

    def send(self, client, *mark):
        """Its next datagram."""
        self.count["sent" if client.send(token(client.endpoint), *mark) else "not sent"] += 1

    def come(self, endpoint, mark=()):
        """A new client, of an address and port that nobody had before."""
        number = self.numbers
        self.numbers += 1
        address = f"192.0.2.{2 + number % ADDRESSES}"
        port = FIRST_PORT + number // ADDRESSES % PORTS
        client = self.add_client(Client(number, (address, port), endpoint))
        if mark:
            self.done.append(client)
        else:
            self.waiting[client] = None
        self.send(client, *mark)

    def come_by_chance(self):
        """One to the endpoint whose turn it is, unless that one hangs."""
        endpoint = SHARES[self.numbers % len(SHARES)]
        while endpoint != NOWHERE and self.servers[endpoint].is_shunned():
            endpoint = (endpoint + 1) % len(ENDPOINTS)
        self.come(endpoint, (SILENCE,) if self.numbers // len(SHARES) % 10 == 0 else ())

    def answered(self, client):
        """One that stays just counts; another sends the second one, or is done."""
        if not client.take():
            return
        self.count["answered"] += 1
        if client not in self.waiting or client.awaited:
            return
        if client.sent == 1:
            self.waiting.move_to_end(client)
            self.send(client)
        else:
            self.leave(client)

    def leave(self, client):
        """It waits for nothing more."""
        del self.waiting[client]
        client.since = time.monotonic()
        self.done.append(client)

    def lose_patience(self, now):
        """Who waited in vain is done; who was done a while ago goes."""
        while self.waiting and now - next(iter(self.waiting)).since > PATIENCE:
            self.count["gave up"] += 1
            self.leave(next(iter(self.waiting)))
        while self.done and now - self.done[0].since > PATIENCE:
            client = self.done.popleft()
            self.remove(client.socket)
            client.socket.close()
            del self.clients[client.number]

    # What goes wrong

    def look(self, _):
        """Takes figures."""
        self.figures.look()
        return True

    def reload(self, number):
        """The next file, good or bad in turn, once natterjack has spoken of the one before."""
        config = self.figures.ask("config")
        if config["generation"] != self.generation or self.said not in config["error"]:
            return False
        if number % 2 == 1:
            text, self.said = bad_file(number)
        else:
            text, self.said = good_file(number // 2), ""
            self.generation += 1
        self.path.write_text(text)
        os.kill(self.pid, signal.SIGHUP)
        return True

    def link(self, port, state):
        """A link of natterjack's goes up or down."""
        with namespace(self.rig + "-proxy"):
            subprocess.run(["ip", "link", "set", port, state], check=True)

    def flap(self, number):
        """The clients' link or the endpoints' is down for a moment."""
        port = ("c0", "s0")[number % 2]
        self.link(port, "down")
        self.do_later(DOWN, lambda: self.link(port, "up"))
        return True

    def restart(self, number):
        """An endpoint is away for a moment."""
        server = self.servers[number % len(self.servers)]
        if server.socket is None or server.hung is not None:
            return False
        server.stop()
        self.do_later(DOWN, server.start)
        return True

    def stall(self, number):
        """An endpoint hangs until the sessions of all its clients that came and went are over. Then
        it answers them; new clients come only when it has done so, as they may get those ports."""
        server = self.servers[number % len(self.servers)]
        if server.socket is None or server.hung is not None:
            return False
        server.hang()
        self.do_later(TTL + 2, server.go_on)
        return True

    def do_later(self, seconds, what):
        """Undoes something."""
        self.later.append((time.monotonic() + seconds, what))

    def undo(self, now):
        """What is due."""
        due = [what for when, what in self.later if when <= now]
        self.later = [one for one in self.later if one[0] > now]
        for what in due:
            what()

    # All together

    def happen(self, now, due):
        """Whatever is due; what cannot be now is tried again soon."""
        for name, (_, pause) in WHEN.items():
            if now >= due[name]:
                happened = getattr(self, name)(self.count[name])
                self.count[name] += happened
                due[name] = now + (pause if happened else 0.1)
        self.undo(now)

    def steadily(self, began, now):
        """Clients that stay send in turn."""
        while self.count["steady"] < (now - began) / STEADY_PAUSE * STEADY:
            self.send(self.clients[self.count["steady"] % STEADY])
            self.count["steady"] += 1

    def run(self):
        """Until the time is over. Clients that should have come more than a second ago never do."""
        began = now = before = time.monotonic()
        due = {name: began + first for name, (first, _) in WHEN.items()}
        wanted = 0.0
        while now < began + self.seconds:
            self.happen(now, due)
            self.steadily(began, now)
            wanted = min(wanted + (now - before) * self.pace, self.pace)
            for _ in range(min(int(wanted), IN_FLIGHT - len(self.waiting))):
                wanted -= 1
                self.come_by_chance()
            self.lose_patience(now)
            self.step(0.002)
            before, now = now, time.monotonic()
            self.minutes, self.came = (now - began) / 60, self.numbers - STEADY
        self.undo(float("inf"))

    def settle(self):
        """Until nothing of it is left, and the first file is in force again."""

        def quiet():
            self.lose_patience(time.monotonic())
            return not self.waiting and not self.done and self.figures.is_quiet()

        self.wait_until(lambda: self.reload(0), "an answer to a reload")
        self.wait_until(quiet, "quiet")

    def wait_until(self, condition, what):
        """Goes on until it is true."""
        deadline = time.monotonic() + SETTLE
        while not condition():
            self.step(0.05)
            if time.monotonic() > deadline:
                raise Fault(f"waits for {what} in vain: {self.figures.ask('stats')}")

    def fill(self):
        """All ports are free again: there is a client for each of them."""
        server = self.servers[-1]
        server.ports.clear()
        for number in range(4 * len(self.ports)):
            if len(server.ports) == len(self.ports):
                return
            self.come(server.number)
            while len(self.waiting) >= 64:
                self.lose_patience(time.monotonic())
                self.step(0.01)
            self.step(0)
        raise Fault(f"{number} clients had no more than {len(server.ports)} ports")

    def check(self):
        """All laws; and nothing comes from nowhere."""
        there = "sent", "downstream", "arrived"
        back = "echoed", "upstream", "answered"
        for first, passed, last in there, back:
            steps = self.count[first], self.figures.passed(passed), self.count[last]
            if list(steps) != sorted(steps, reverse=True):
                yield f"more came than went: {first}, {passed}, {last}: {steps}"
        yield from self.figures.check()

    def rows(self):
        """What is to be printed, line by line."""
        count = self.count
        yield "clients", (
            f"{self.came} came in {self.minutes:.2f} minutes; {STEADY} stayed, each at one port"
        )
        yield "there", (
            f"{count['sent']} datagrams sent, {self.figures.passed('downstream')} passed on,"
            f" {count['arrived']} arrived; {count['not sent']} could not be sent"
        )
        yield "back", (
            f"{count['echoed']} datagrams sent, {self.figures.passed('upstream')} passed on,"
            f" {count['answered']} arrived; {count['gave up']} clients waited in vain"
        )
        yield "endpoints", (
            f"{count['restart']} restarts; {count['stall']} stalls, and {count['late']} answers after"
            f" their sessions' time; {count['too late']} datagrams not answered, as it was too late"
        )
        yield "reloads", f"{count['reload']}, every other one of a bad file"
        yield "link flaps", f"{count['flap']}"
        yield from self.figures.rows(self.minutes)


def main(rig, pid, path, minutes, clients, ports):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    first, last = map(int, ports.split("-"))
    soak = Soak(rig, int(pid), path, float(minutes), float(clients), range(first, last + 1))
    try:
        with namespace(rig + "-client"):
            for part in soak.run, soak.settle, soak.fill, soak.settle:
                part()
    except Fault as fault:
        soak.faults.append(str(fault))
    soak.faults += soak.check()
    for name, text in soak.rows():
        print(f"{name:15}{text}")
    for fault in soak.faults[:FAULTS_MAX]:
        print(f"soak.py: {fault}", file=sys.stderr)
    return 1 if soak.faults else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["file"]:
        print(good_file(0), end="")
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        sys.exit(main(*sys.argv[2:]))
