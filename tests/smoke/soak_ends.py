# SPDX-License-Identifier: BSD-3-Clause
"""Both ends of soak.py: clients that come and go, and endpoints that are away or hang for a while.

A datagram says over and over whose it is, which of his, when it was sent and to which endpoint; so
whoever gets another's, one twice, or one that was changed, knows it at once."""

import contextlib
import socket
import struct
import time

from both_ends import LISTENER, Fault, namespace, received, udp_socket

UPSTREAM = "198.51.100.1"  # natterjack's address that endpoints see
PROMPT = 0.3  # seconds: an answer that comes later may be to a port that is another's by then
CAUGHT = 0.5  # seconds for which new clients come to an endpoint that hangs
CALM = 3  # seconds in which what an endpoint has answered is at natterjack and through
KEPT = 2000  # milliseconds without a datagram in which no session's time is over
HEAD = struct.Struct("!IIIBc")
ANSWER, SILENCE = b"+", b"-"  # what a client asks an endpoint for


def clock():
    """Milliseconds, as datagrams have them."""
    return time.monotonic_ns() // 1000000 % (1 << 32)


def datagram(number, sequence, sent, endpoint, mark):
    """The one that client `number` sends to an endpoint."""
    head = HEAD.pack(number, sequence, sent, endpoint, mark)
    size = len(head) + (number * 7 + sequence * 31) % 400
    return (head * (size // len(head) + 1))[:size]


class Client:
    """One of a number that no other ever has."""

    def __init__(self, number, address, endpoint):
        self.number, self.endpoint = number, endpoint
        self.sent = 0
        self.since = time.monotonic()  # when it sent last
        self.awaited = set()
        self.arrived = set()  # numbers of datagrams
        self.seen = None  # its port as the endpoint saw it last, and when that datagram was sent
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(address)
        self.socket.connect(LISTENER)

    def send(self, token, mark=ANSWER):
        """Its next datagram; whether it went off."""
        self.sent += 1
        self.since = time.monotonic()
        data = datagram(self.number, self.sent, clock(), self.endpoint, mark)
        try:
            self.socket.send(data + token)
        except OSError:  # the link is down, or an error about the one before
            return False
        if mark == ANSWER:
            self.awaited.add(data)
        return True

    def take(self):
        """One that has come; whether there was one. It has to be one that is awaited."""
        try:
            data = self.socket.recv(2048)
        except OSError:  # nothing, or the endpoint is away
            return False
        if data in self.awaited:
            self.awaited.remove(data)
            return True
        if len(data) >= HEAD.size and HEAD.unpack_from(data)[0] != self.number:
            raise Fault(f"wrong client: {self.number} got {data[: HEAD.size].hex()}")
        raise Fault(f"client {self.number} got one twice, or changed: {data.hex()}")


class Server:
    """An endpoint, which echoes what asks for an answer."""

    def __init__(self, number, address, soak):
        self.number, self.address, self.soak = number, address, soak
        self.socket = None
        self.hung = None  # since when, until it has answered all that came meanwhile, and some more
        self.backlog = False  # what it reads was sent while it hung
        self.ports = set()  # all that it saw
        self.start()

    def start(self):
        """It is there, or there again."""
        with namespace(self.soak.rig + "-server"):
            self.socket = udp_socket(self.address)
        self.soak.add(self.socket, self.serve)

    def stop(self):
        """Its port is closed from now on; what it has not read is lost."""
        self.soak.remove(self.socket)
        self.socket.close()
        self.socket = None

    def hang(self):
        """It reads nothing from now on, and what comes waits."""
        self.hung = time.monotonic()
        self.soak.remove(self.socket)

    def go_on(self):
        """It reads again, and answers late."""
        self.backlog = True
        self.soak.add(self.socket, self.serve)

    def is_shunned(self):
        """Whether no new client is to come."""
        return self.hung is not None and time.monotonic() - self.hung > CAUGHT

    def recover(self):
        """It is as if it had not hung."""
        self.hung = None

    def serve(self):
        """Answers what has come."""
        for data, sender in received(self.socket):
            self.soak.count["arrived"] += 1
            number, sent, mark = self.check(data, sender)
            if mark != ANSWER or not self.may_answer(number, (clock() - sent) % (1 << 32) / 1000):
                continue
            with contextlib.suppress(OSError):
                self.socket.sendto(data, sender)
                self.soak.count["echoed"] += 1
        if self.backlog:
            self.backlog = False
            self.soak.do_later(CALM, self.recover)

    def may_answer(self, number, age):
        """Late answers are given only where the time of all sessions of clients that went is over,
        and no client is new."""
        if age < PROMPT:
            return True
        if not self.backlog:
            self.soak.count["too late"] += 1
        elif number not in self.soak.clients:
            self.soak.count["late"] += 1
        return self.backlog

    def check(self, data, sender):
        """It has to be this endpoint's, as it was sent, once, and of a port that its client keeps;
        returns whose it is, when it was sent, and what it asks for."""
        if len(data) < HEAD.size:
            raise Fault(f"endpoint {self.number} got {data.hex()}")
        number, sequence, sent, endpoint, mark = HEAD.unpack_from(data)
        if endpoint != self.number or data != datagram(number, sequence, sent, endpoint, mark):
            raise Fault(f"endpoint {self.number} got {data.hex()}")
        if sender[0] != UPSTREAM or sender[1] not in self.soak.ports:
            raise Fault(f"endpoint {self.number} sees a client as {sender}")
        self.ports.add(sender[1])
        client = self.soak.clients.get(number)
        if client is None:  # it has gone meanwhile
            return number, sent, mark
        if sequence in client.arrived:
            raise Fault(f"endpoint {self.number} got number {sequence} of {number} twice")
        client.arrived.add(sequence)
        if client.seen is not None and (sent - client.seen[1]) % (1 << 32) < KEPT:
            if client.seen[0] != sender[1]:
                raise Fault(f"client {number} was port {client.seen[0]}, is {sender[1]}")
        client.seen = sender[1], sent
        return number, sent, mark
