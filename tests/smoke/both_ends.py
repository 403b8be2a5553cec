# SPDX-License-Identifier: BSD-3-Clause
"""Clients and servers of a smoke test in one process, on sockets of two network namespaces: so a
server knows at once what was sent to it and by whom, and every datagram is followed on its own from
the client to the server and back. Nothing is lost, doubled, changed, or at a wrong place unseen."""

import collections
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import resource
import select
import socket
import sys
import time
from base64 import b64encode

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
from telemetry import Telemetry  # noqa: E402, F401

IN_FLIGHT = 48  # datagrams on their way at once: no device's queue overflows, nor natterjack's of
# what waits for one neighbor (64)
SO_RCVBUFFORCE = 33
ROOM = 1 << 20  # bytes: no socket's queue overflows
SILENCE = 15  # seconds after which what is still on its way is lost
TELLING = 16  # bytes of a payload that tell it from all others
FAULTS_MAX = 20
CLONE_NEWNET = 0x40000000
LISTENER = ("192.0.2.1", 7777)


class Fault(Exception):
    """What is not as it should be, in words."""


@contextlib.contextmanager
def namespace(name):
    """Sockets that are opened meanwhile belong to this network namespace, and stay there."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(descriptor):
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"enter the network namespace {name}")

    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        enter(other)
        yield
    finally:
        enter(own)
        os.close(own)
        os.close(other)


def udp_socket(address):
    """A socket that does not block."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    made.bind(address)
    return made


def received(udp):
    """All that has come, with who sent it."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield udp.recvfrom(65535)


def payload(name, size, repeat=False):
    """Bytes that no other name has: random to look at, or (behind the first) easy to compress."""
    if not repeat:
        return hashlib.shake_128(name.encode()).digest(size)
    return (hashlib.shake_128(name.encode()).digest(TELLING) + b"natterjack " * (size // 11 + 1))[
        :size
    ]


class Server:
    """An endpoint."""

    def __init__(self, address):
        self.address = address
        self.socket = udp_socket(address)
        self.clients = {}  # by the address and port that it sees
        self.arrived = 0

    def __str__(self):
        return "{}:{}".format(*self.address)


class Client:
    """A socket that hears the proxy's listener only."""

    def __init__(self, number, source):
        self.number = number
        self.socket = udp_socket((source, 0))
        self.socket.connect(LISTENER)
        self.name = "{}:{}".format(*self.socket.getsockname())
        self.sent = self.returned = 0
        self.seen_as = {}  # by server
        self.awaited = collections.defaultdict(list)  # by what the server gets

    def __str__(self):
        return f"client {self.name}"


class Datagram:
    """One on its way."""

    def __init__(self, places):
        self.places = places  # servers that it may come to
        self.arrived = False


class Traffic:
    """All clients and servers, and what is on its way between them."""

    def __init__(self, sockets):
        self.clients, self.servers = [], []
        self.on_its_way = self.sent = self.returned = 0
        self.faults = []
        self.senders = {}  # of payloads that tell, until they are back
        self.readers = {}  # what to call, by descriptor
        self.epoll = select.epoll()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = sockets + 64
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))

    def add_reader(self, descriptor, call):
        """Has step() call it when there is something to read."""
        self.readers[descriptor] = call
        self.epoll.register(descriptor, select.EPOLLIN)

    def add_servers(self, where, addresses):
        """Servers in the network namespace of this name; returns them."""
        with namespace(where):
            added = [Server(address) for address in addresses]
        for server in added:
            self.add_reader(server.socket.fileno(), lambda server=server: self.serve(server))
        self.servers += added
        return added

    def add_client(self, source):
        """A client at this address."""
        client = Client(len(self.clients), source)
        self.add_reader(client.socket.fileno(), lambda: self.take_back(client))
        self.clients.append(client)
        return client

    def fault(self, text):
        """Notes a fault."""
        self.faults.append(text)

    def send(self, client, data, places, tail=b""):
        """Sends data and tail, of which data has to come to one of these servers and back."""
        datagram = Datagram(set(places))
        client.awaited[data].append(datagram)
        if len(data) >= TELLING:
            self.senders[data] = client
        client.sent += 1
        self.sent += 1
        self.on_its_way += 1
        client.socket.send(data + tail)

    def push(self, server, client, data):
        """A server sends to a client on its own account."""
        datagram = Datagram({server})
        datagram.arrived = True
        client.awaited[data].append(datagram)
        client.sent += 1
        self.sent += 1
        self.on_its_way += 1
        server.socket.sendto(data, client.seen_as[server])

    def allow(self, places):
        """What is on its way to a server may come to these as well."""
        for client in self.clients:
            for datagrams in client.awaited.values():
                for datagram in datagrams:
                    datagram.places |= places

    def serve(self, server):
        """Checks what has come to a server, and sends it back."""
        for data, sender in received(server.socket):
            try:
                self.check_arrival(server, data, sender)
            except Fault as fault:
                self.fault(f"server {server}: {fault}")
            else:
                server.arrived += 1
                server.socket.sendto(data, sender)

    def check_arrival(self, server, data, sender):
        """Who sends is known by the first payload that tells, and from then on by its address."""
        client = server.clients.get(sender) or self.senders.get(data)
        what = f"{len(data)} bytes ({data[:8].hex()}) from {sender}"
        if client is None:
            raise Fault(f"{what} that nobody sent")
        server.clients[sender] = client
        if client.seen_as.setdefault(server, sender) != sender:
            raise Fault(f"{client} is {client.seen_as[server]} and {sender}")
        datagram = next((one for one in client.awaited.get(data, ()) if not one.arrived), None)
        if datagram is None:
            raise Fault(f"{what} came twice, or {client} did not send them")
        datagram.arrived = True
        if server not in datagram.places:
            raise Fault(f"{what} should go to {', '.join(map(str, datagram.places))}")

    def take_back(self, client):
        """Checks what has come back to a client."""
        try:
            for data, _ in received(client.socket):
                self.check_return(client, data)
        except (Fault, OSError) as fault:
            self.fault(f"{client}: {fault}")

    def check_return(self, client, data):
        """It has to be one that is awaited, and that was at a server."""
        datagrams = client.awaited.get(data, ())
        datagram = next((one for one in datagrams if one.arrived), None)
        if datagram is None:
            raise Fault(f"got {len(data)} bytes that were not its own: {data[:16].hex()}")
        datagrams.remove(datagram)
        if not datagrams:
            del client.awaited[data]
            self.senders.pop(data, None)
        client.returned += 1
        self.returned += 1
        self.on_its_way -= 1

    def step(self, seconds):
        """Takes what has come, or comes within this time; whether any did."""
        events = self.epoll.poll(seconds)
        for descriptor, _ in events:
            self.readers[descriptor]()
        return bool(events)

    def run(self, jobs, in_flight=IN_FLIGHT):
        """Sends each job, the arguments of send(), and waits until all are back: never more at once
        than in_flight."""
        jobs = iter(jobs)
        more = True
        before, deadline = self.returned, time.monotonic() + SILENCE
        while more or self.on_its_way:
            while more and self.on_its_way < in_flight:
                job = next(jobs, None)
                more = job is not None
                if more:
                    self.send(*job)
            self.step(0.1)
            if self.returned != before:
                before, deadline = self.returned, time.monotonic() + SILENCE
            if time.monotonic() > deadline or len(self.faults) > FAULTS_MAX:
                break

    def report(self):
        """Says how it went, after a look for what came beyond; the exit status."""
        while self.step(0):
            pass
        for client in self.clients:
            lost = sum(map(len, client.awaited.values()))
            there = sum(one.arrived for some in client.awaited.values() for one in some)
            if lost:
                self.fault(f"{client}: {lost} of {client.sent} lost, {there} on the way back")
        print(
            f"{self.sent} sent by {len(self.clients)} clients, "
            f"{self.returned} came back, {len(self.faults)} faults",
            flush=True,
        )
        if self.faults:
            print(*self.faults[:FAULTS_MAX], sep="\n", file=sys.stderr)
        return 1 if self.faults or not self.returned else 0


def proxy_file(era, chain, endpoints):
    """A proxy file, as JSON, which is YAML too: pairs of a filter's name without its prefix and its
    configuration, and pairs of an endpoint's address and its tokens."""
    prefix = "quilkin.extensions.filters." if era == 1 else "quilkin.filters."
    filters = [{"name": prefix + name, "config": config} for name, config in chain]
    endpoints = [
        {
            "address": "{}:{}".format(*address),
            "metadata": {"quilkin.dev": {"tokens": [base64(token) for token in tokens]}},
        }
        for address, tokens in endpoints
    ]
    if era == 1:
        body = {"static": {"filters": filters, "endpoints": endpoints}}
    else:
        body = {"filters": filters, "clusters": [{"endpoints": endpoints}]}
    return json.dumps({"version": "v1alpha1", **body}, indent=1) + "\n"


def base64(data):
    """As text."""
    return b64encode(data).decode()
