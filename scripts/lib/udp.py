#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""UDP through kernel sockets: an echo server, and clients that check every byte that comes back."""

import argparse
import contextlib
import hashlib
import ipaddress
import itertools
import resource
import select
import socket
import sys
import time

ROOM = 4 << 20  # bytes: no socket's queue overflows
SO_RCVBUFFORCE = 33
IN_FLIGHT = 32  # datagrams on their way at once: no socket's or device's queue overflows


def family(address):
    """Of a socket for this address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def name(sender):
    """An address and port, as sockets of either family have them, in words."""
    address, port = sender[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def make_queue(udp):
    """Room for what has come and was not yet taken, where we may have so much."""
    with contextlib.suppress(PermissionError):
        udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)


def echo(options):
    """Sends every datagram back, with --tell behind the sender's address, port and a space."""
    server = socket.socket(family(options.address), socket.SOCK_DGRAM)
    make_queue(server)
    server.bind((options.address, options.port))
    print("ready", flush=True)
    while True:
        data, sender = server.recvfrom(65535)
        told = name(sender).encode() + b" " if options.tell else b""
        server.sendto(told + data, sender)


class Client:
    """One client: a socket of its own, which hears the proxy's listener only."""

    def __init__(self, number, source, target, options):
        self.number = number
        self.tell = options.tell
        self.seen_as = set()  # the addresses and ports that the endpoint saw
        self.sent = self.returned = 0
        self.outstanding = []
        self.faults = []
        self.socket = socket.socket(family(target[0]), socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        make_queue(self.socket)
        self.socket.bind((source, 0))
        self.socket.connect(target)

    def send(self, size):
        """Sends a datagram that no other client sends."""
        data = self.payload(size)
        self.sent += 1
        self.outstanding.append(data)
        self.socket.send(data)

    def payload(self, size):
        """The next datagram's bytes: a function of the client, its count and the size."""
        return hashlib.shake_128(f"{self.number}/{self.sent}".encode()).digest(size)

    def receive(self):
        """Takes whatever has come; returns how many datagrams of ours were among it."""
        before = self.returned
        try:
            while True:
                self.check(self.socket.recv(65535))
        except BlockingIOError:
            pass
        except OSError as error:
            self.faults.append(error.strerror)
        return self.returned - before

    def check(self, data):
        """A datagram that came back has to be one that is awaited, and whole."""
        if self.tell:
            seen_as, _, data = data.partition(b" ")
            self.seen_as.add(seen_as.decode())
        if data in self.outstanding:
            self.outstanding.remove(data)
            self.returned += 1
        else:
            self.faults.append(f"{len(data)} bytes that were not its own: {data[:16].hex()}")

    def __str__(self):
        return name(self.socket.getsockname())


def go_round(clients, size, burst, seconds):
    """Every client sends a burst and has it back; only so many at once as IN_FLIGHT says."""
    waiting = iter(clients)
    active = {}
    poller = select.poll()
    deadline = time.monotonic() + seconds

    def start(client):
        active[client.socket.fileno()] = client
        poller.register(client.socket, select.POLLIN)
        for _ in range(burst):
            client.send(size)

    for client in itertools.islice(waiting, max(1, IN_FLIGHT // burst)):
        start(client)
    while active and time.monotonic() < deadline:
        for descriptor, _ in poller.poll(100):
            client = active[descriptor]
            if client.receive():
                deadline = time.monotonic() + seconds
            if client.faults or not client.outstanding:
                poller.unregister(descriptor)
                del active[descriptor]
                for client in itertools.islice(waiting, 1):
                    start(client)


def leftovers(clients):
    """Takes what came to a client beyond its own, such as a second copy."""
    for client in clients:
        client.receive()


def faults(clients):
    """What went wrong, a line each."""
    owners = {}
    for client in clients:
        if client.outstanding:
            yield f"{client}: {len(client.outstanding)} of {client.sent} did not come back"
        for fault in client.faults:
            yield f"{client}: {fault}"
        if len(client.seen_as) > 1:
            yield f"{client}: the endpoint saw it as {sorted(client.seen_as)}"
        for seen_as in client.seen_as:
            if owners.setdefault(seen_as, client) is not client:
                yield f"{client} and {owners[seen_as]}: the endpoint saw both as {seen_as}"


def send(options):
    """Sends and checks; the exit status."""
    make_room(options.clients)
    anyone = "::" if ":" in options.address else "0.0.0.0"
    first = ipaddress.ip_address(options.source or anyone)
    clients = [
        Client(i, str(first + i % options.sources), (options.address, options.port), options)
        for i in range(options.clients)
    ]
    for _ in range(options.rounds):
        for size in options.sizes:
            go_round(clients, size, options.burst, options.seconds)
    leftovers(clients)
    wanted = options.clients * options.rounds * len(options.sizes) * options.burst
    returned = sum(client.returned for client in clients)
    print(f"{wanted} sent by {len(clients)} clients, {returned} came back to their own", flush=True)
    lines = list(faults(clients))
    if lines:
        print(*lines[:20], sep="\n", file=sys.stderr)
    return 1 if lines or returned != wanted else 0


def make_room(sockets):
    """Lets this process have so many sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets + 64
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))


def sizes(text):
    """A list of payload sizes, such as 0,1,1472."""
    return [int(size) for size in text.split(",")]


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)

    server = commands.add_parser("echo", help=echo.__doc__)
    server.set_defaults(run=echo)

    client = commands.add_parser("send", help="sends datagrams and checks what comes back")
    client.set_defaults(run=send)
    client.add_argument("--clients", type=int, default=1, help="sockets")
    client.add_argument("--source", help="the first client's address")
    client.add_argument("--sources", type=int, default=1, help="how many addresses, from it on")
    client.add_argument("--sizes", type=sizes, default=[64], help="of the payload, 0,1,1472")
    client.add_argument("--rounds", type=int, default=1, help="times that every client sends each")
    client.add_argument("--burst", type=int, default=1, help="datagrams at once")
    client.add_argument("--seconds", type=float, default=5, help="silence that ends a round")

    for command in server, client:
        command.add_argument("--tell", action="store_true", help="the server tells whom it answers")
        command.add_argument("address")
        command.add_argument("port", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    options = arguments()
    sys.exit(options.run(options))
