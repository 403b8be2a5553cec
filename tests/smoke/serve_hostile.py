#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients that do njctl serve no good: serve_hostile.py ADDRESS

Whatever they do, a good client has its answer, at the latest when their time is over."""

import http.client
import random
import select
import socket
import sys
import time

from serve_check import Server

CONNECTIONS = 64  # that it has at once
LIFETIME = 10  # seconds that it has patience for one
NONSENSE = {
    "nothing": b"",
    "a newline": b"\r\n\r\n",
    "zeros": bytes(5000),
    "noise": random.Random(1).randbytes(100000),
    "no HTTP": b"GET /live\r\n\r\n",
    "another version": b"GET /live HTTP/9.9\r\n\r\n",
    "no host": b"GET /live HTTP/1.1\r\n\r\n",
    "TLS": bytes.fromhex("160301020001000200030300"),
    "a header without end": b"GET / HTTP/1.1\r\nX: " + b"y" * 1000000,
    "a path without end": b"GET /" + b"y" * 1000000,
    "many headers": b"GET / HTTP/1.1\r\n" + b"X-Y: z\r\n" * 100000 + b"\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a huge length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"z" * 99999,
    "folded headers": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\tc\r\n\r\n",
    "a header of zeros": b"GET / HTTP/1.1\r\nHost: x\r\nX\0: \0\r\n\r\n",
    "several at once": b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n" * 1000,
}


def connect(server):
    return socket.create_connection((server.host, server.port), 20)


def is_good(server, what, seconds=5):
    """A good client's question, and how long it tries to have its answer: while there is no room it
    is turned away."""
    deadline = time.monotonic() + seconds
    said = None
    while said != (200, "ok"):
        if time.monotonic() > deadline:
            yield f"{what}: then /live is {said}"
            return
        try:
            status, _, text = server.ask("/live")
            said = status, text
        except (OSError, http.client.HTTPException) as error:
            said = error


def is_ended(peer, seconds=2 * LIFETIME):
    """Whether the server ends a connection; what it says before does not matter."""
    peer.settimeout(seconds)
    try:
        while peer.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def nonsense(server):
    for what, data in NONSENSE.items():
        with connect(server) as peer:
            try:
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has heard enough
            if not is_ended(peer):
                yield f"{what}: the connection stays"
        yield from is_good(server, what)


def cut(server):
    """Clients that are gone before their answer."""
    for _ in range(200):
        with connect(server) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    yield from is_good(server, "cut")


def slow(server):
    """As many as there is room for, and more, each of which goes on byte by byte, and so is never
    idle. Those beyond are turned away at once; the others all have to go."""
    began = time.monotonic()
    open_peers = {connect(server) for _ in range(CONNECTIONS + 30)}
    lasted = []
    for peer in open_peers:
        peer.send(b"GET /live HTTP/1.1\r\nX: ")
        peer.setblocking(False)
    while open_peers and time.monotonic() < began + 5 * LIFETIME:
        readable, _, _ = select.select(open_peers, [], [], 0.5)
        for peer in readable:
            try:
                if peer.recv(1000):
                    continue
            except OSError:
                pass
            open_peers.remove(peer)
            peer.close()
            lasted.append(time.monotonic() - began)
        for peer in open_peers:
            try:
                peer.send(b"y")
            except OSError:
                pass
    if open_peers:
        yield f"slow: {len(open_peers)} connections stay"
    if sum(seconds > LIFETIME / 2 for seconds in lasted) < CONNECTIONS / 2:
        yield f"slow: there was no room, they lasted {lasted}"
    for peer in open_peers:
        peer.close()
    yield from is_good(server, "slow", 2 * LIFETIME)


def deaf(server):
    """Those that ask, and never read."""
    peers = [connect(server) for _ in range(CONNECTIONS)]
    for peer in peers:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    yield from is_good(server, "deaf", 3 * LIFETIME)
    for peer in peers:
        peer.close()


def main(address):
    server = Server(address)
    faults = [*slow(server), *nonsense(server), *cut(server), *deaf(server)]
    print(f"hostile: {len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
