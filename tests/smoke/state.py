#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sessions that outlive natterjack: it is stopped or killed and started again, over and over, and
each client is to be at each server who it was before.

    state.py [OPTION ...] PREFIX CLIENT-NAMESPACE SERVER-NAMESPACE -- COMMAND ...

COMMAND starts natterjack, whose every endpoint gets a copy of every datagram: so a client has a
session with each of them. Both ends are sockets of this process. A session is known at a server by
the address and port that it bears there, from the first datagram on.
"""

import argparse
import array
import pathlib
import random
import resource
import select
import signal
import subprocess
import sys
import time

from both_ends import LISTENER, Fault, Telemetry, namespace, received, udp_socket

SERVER, UPSTREAM = "198.51.100.2", "198.51.100.1"
FIRST_PORT = 26000
CLIENT = "192.0.2.2"
STEP_SECONDS = 60  # that anything may take
RESEND_SECONDS = 0.5
IN_FLIGHT = 320  # datagrams on their way to servers at once: no device's queue overflows
LAG_SECONDS = 1.0  # what changed so shortly before a kill may be lost
WRITTEN = 40  # where the head of a state file says when its last pass began


class Crowd:
    """Clients, servers, and the sessions between them, numbered client by client."""

    def __init__(self, options):
        self.n_servers, self.n_clients = options.endpoints, 0
        with namespace(options.client):
            self.clients = [udp_socket((CLIENT, 0)) for _ in range(options.clients)]
        with namespace(options.server):
            self.servers = [udp_socket((SERVER, FIRST_PORT + i)) for i in range(self.n_servers)]
        n = options.clients * self.n_servers
        self.port = array.array("H", bytes(2 * n))  # that the server sees; 0: none yet
        self.opened = array.array("d", bytes(8 * n))  # when it was seen first
        self.answered = array.array("I", bytes(4 * n))  # the number of the last one that came back
        self.back = [0] * options.clients  # of a client's sessions, with the present number
        self.number = 0
        self.sent_at = {}  # clients whose answers are not all there yet
        self.calls = {}
        self.epoll = select.epoll()
        for i, client in enumerate(self.clients):
            client.connect(LISTENER)
            self.add(client, self.take_back, i)
        for i, server in enumerate(self.servers):
            self.add(server, self.serve, i)

    def add(self, udp, call, number):
        """Has step() call it when something has come."""
        self.calls[udp.fileno()] = call, udp, number
        self.epoll.register(udp, select.EPOLLIN)

    def serve(self, udp, server):
        """Notes who is there, and answers."""
        for data, (_, port) in received(udp):
            session = int.from_bytes(data[:4], "big") * self.n_servers + server
            if self.port[session] != port:
                self.port[session] = port
                self.opened[session] = time.time()
            udp.sendto(data + server.to_bytes(2, "big"), (UPSTREAM, port))

    def take_back(self, udp, client):
        """What is to be a client's own, once from each server."""
        try:
            for data, _ in received(udp):
                owner, number = (int.from_bytes(data[i : i + 4], "big") for i in (0, 4))
                server = int.from_bytes(data[8:], "big")
                if owner != client or server >= self.n_servers:
                    raise Fault(f"client {client} got what is client {owner}'s: {data.hex()}")
                self.count(client, client * self.n_servers + server, number)
        except ConnectionRefusedError:  # natterjack says that nobody is there, while it starts
            pass

    def count(self, client, session, number):
        """An answer; to resent ones there are two."""
        if number != self.number or self.answered[session] == number:
            return
        self.answered[session] = number
        self.back[client] += 1
        if self.back[client] == self.n_servers:
            self.sent_at.pop(client, None)

    def send(self, client):
        """Sends a datagram to all servers."""
        self.sent_at[client] = time.monotonic()
        try:
            head = client.to_bytes(4, "big")
            self.clients[client].send(head + self.number.to_bytes(4, "big"))
        except (ConnectionRefusedError, BlockingIOError):
            pass

    def step(self, seconds):
        """Takes what has come, or comes within this time."""
        for descriptor, _ in self.epoll.poll(seconds, 256):
            call, udp, number = self.calls[descriptor]
            call(udp, number)

    def round(self, clients, until=None):
        """All of these send one, and again until all servers have answered; or until then."""
        self.number += 1
        waiting = iter(clients)
        most = max(1, IN_FLIGHT // self.n_servers)
        deadline = time.monotonic() + STEP_SECONDS
        for client in clients:
            self.back[client] = 0
        more = True
        while more or self.sent_at:
            while more and len(self.sent_at) < most:
                client = next(waiting, None)
                more = client is not None
                if more:
                    self.send(client)
                    deadline = time.monotonic() + STEP_SECONDS
            self.step(0.01)
            now = time.monotonic()
            for client in [c for c, at in self.sent_at.items() if now - at > RESEND_SECONDS]:
                self.send(client)
            if until is not None and now > until:
                break
            if now > deadline:
                raise Fault(f"{len(self.sent_at)} clients wait in vain for answers")
        self.sent_at.clear()

    def grow(self, n):
        """So many more clients than before take part; all of them."""
        self.n_clients += n
        return range(self.n_clients)


class Natterjack:
    """The process."""

    def __init__(self, options, log):
        self.options, self.log = options, log
        self.process = None

    def start(self):
        """Starts it; returns when it is ready."""
        began = self.log.seek(0, 2)
        self.process = subprocess.Popen(
            self.options.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        deadline = time.monotonic() + STEP_SECONDS
        while b"natterjack: ready\n" not in pathlib.Path(self.log.name).read_bytes()[began:]:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Fault("natterjack did not get ready")
            select.select([], [], [], 0.01)

    def end(self, number):
        """Ends it with this signal."""
        self.process.send_signal(number)
        status = self.process.wait(STEP_SECONDS)
        if status != (0 if number == signal.SIGTERM else -number):
            raise Fault(f"natterjack ended with status {status}")

    def stats(self):
        """Its counters, once every packet is in one of them: the law."""
        deadline = time.monotonic() + STEP_SECONDS
        with Telemetry(self.options.prefix) as telemetry:
            while True:
                stats = telemetry.ask("/natterjack/stats")
                ended = stats["tx_packets"] + stats["local"] + sum(stats["dropped"].values())
                if stats["rx_packets"] + stats["copied"] == ended:
                    return stats
                if time.monotonic() > deadline:
                    raise Fault(f"the law does not hold: {stats}")
                select.select([], [], [], 0.02)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self.began = time.monotonic()

    def __str__(self):
        return f"{time.monotonic() - self.began:.2f} s"


def traffic(crowd, options):
    """All clients send without a pause, and new ones come, up to a moment that nobody chose."""
    began, seconds = time.monotonic(), random.uniform(1.5, 3)
    first, more = crowd.n_clients, options.clients // 2 / options.rounds
    while time.monotonic() < began + seconds:
        so_far = (time.monotonic() - began) / seconds
        crowd.round(
            crowd.grow(first + int(more * so_far) - crowd.n_clients), began + seconds
        )


def written(path):
    """When the last pass over all sessions began, by the state file."""
    head = path.read_bytes()[WRITTEN : WRITTEN + 8]
    return int.from_bytes(head, sys.byteorder) / 1000


def first_answer(crowd):
    """What one client sends now, once, is answered: that is what "ready" means."""
    crowd.step(0)
    crowd.number += 1
    crowd.back[0] = 0
    deadline = time.monotonic() + STEP_SECONDS
    crowd.send(0)
    while crowd.back[0] == 0:
        crowd.step(0.01)
        if time.monotonic() > deadline:
            raise Fault("what was sent at the moment of 'ready' is not answered")
    crowd.sent_at.clear()


def check(crowd, natterjack, options, before):
    """All sessions that there were are there. After a kill those may be others that were opened
    when the last pass over all of them had begun; options.strict says: within the last second."""
    ports, opened, killed, saved = before
    known = [session for session, port in enumerate(ports) if port != 0]
    changed = {session for session in known if crowd.port[session] != ports[session]}
    young = {session for session in known if killed - opened[session] < LAG_SECONDS}
    print(
        f"  {len(known) - len(young)} sessions older than a second: {len(changed - young)} have"
        f" another port; {len(young)} younger: {len(changed & young)}"
        + (f"; written {killed - saved:.2f} s before the kill" if options.kill else ""),
        flush=True,
    )
    excused = set()
    if options.kill:
        excused = young
        if not options.strict:
            excused |= {session for session in known if opened[session] >= saved}
    if changed - excused:
        raise Fault(f"another port: {sorted(changed - excused)[:5]} and others")
    opened_anew = natterjack.stats()["sessions_total"]
    unknown = crowd.n_clients * crowd.n_servers - len(known)  # no server had seen them
    if opened_anew > len(changed) + unknown:
        raise Fault(f"{opened_anew} sessions were opened, {len(changed)} changed, {unknown} new")


def restart(crowd, natterjack, options, number):
    """An end, a start, and the same clients again."""
    killed, stopping = time.time(), Stopwatch()
    ports, opened = crowd.port[:], crowd.opened[:]
    natterjack.end(options.signal)
    stopped, saved = str(stopping), written(options.state)
    starting = Stopwatch()
    natterjack.start()
    ready = str(starting)
    first_answer(crowd)
    print(
        f"restart {number}: ended within {stopped}; ready {ready} and forwarding {starting}"
        " after the start",
        flush=True,
    )
    crowd.round(crowd.grow(0))
    check(crowd, natterjack, options, (ports, opened, killed, saved))


def run(crowd, natterjack, options):
    """All restarts."""
    natterjack.start()
    first_answer(crowd)
    crowd.round(crowd.grow(options.clients // 2 if options.kill else options.clients))
    for number in range(1, options.rounds + 1):
        if options.kill:
            traffic(crowd, options)
        restart(crowd, natterjack, options, number)
    natterjack.end(signal.SIGTERM)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--endpoints", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kill", action="store_true", help="with SIGKILL, under traffic")
    parser.add_argument("--strict", action="store_true", help="not a second later is it saved")
    parser.add_argument("--state", type=pathlib.Path, required=True, help="the state file")
    parser.add_argument("--log", type=pathlib.Path, required=True, help="natterjack's")
    parser.add_argument("prefix", help="the --file-prefix")
    parser.add_argument("client", help="the network namespace of the clients")
    parser.add_argument("server", help="the network namespace of the servers")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    options.signal = signal.SIGKILL if options.kill else signal.SIGTERM
    return options


def main():
    options = arguments()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with options.log.open("ab") as log:
        natterjack = Natterjack(options, log)
        try:
            run(Crowd(options), natterjack, options)
        except Fault as fault:
            print(f"state.py: {fault}", file=sys.stderr)
            return 1
        finally:
            if natterjack.process is not None and natterjack.process.poll() is None:
                natterjack.process.kill()
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and natterjack ends as well
    sys.exit(main())
