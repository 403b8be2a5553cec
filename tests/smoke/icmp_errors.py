#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a client's socket is told by ICMP errors: that nobody listens, or how large datagrams may
be on their way. The kernel passes on only what is about a datagram of the socket's own."""

import argparse
import errno
import select
import socket
import sys
import time

IP_MTU_DISCOVER, IP_MTU = 10, 14
IPV6_MTU_DISCOVER, IPV6_MTU = 23, 24
HOW = {"want": 1, "do": 2}  # fragments where needed, never fragments
SECONDS = 10  # that anything may take
PAUSE = 0.2  # between two tries, unless something comes


class Client:
    """A connected socket."""

    def __init__(self, address, port):
        ipv6 = ":" in address
        self.headers = 48 if ipv6 else 28
        self.level = socket.IPPROTO_IPV6 if ipv6 else socket.IPPROTO_IP
        self.discover = IPV6_MTU_DISCOVER if ipv6 else IP_MTU_DISCOVER
        self.mtu_option = IPV6_MTU if ipv6 else IP_MTU
        self.socket = socket.socket(
            socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM
        )
        self.socket.connect((address, port))
        self.deadline = time.monotonic() + SECONDS

    def mtu(self):
        """The largest IP packet, as far as the kernel knows."""
        return self.socket.getsockopt(self.level, self.mtu_option)

    def exchange(self, size):
        """Sends so many bytes; what came of them: None, an answer, or an error's number."""
        data = bytes(size)
        try:
            self.socket.send(data)
            if select.select([self.socket], [], [], PAUSE)[0]:
                return self.socket.recv(65535)
        except OSError as error:
            return error.errno
        return None

    def until(self, wanted, size):
        """Exchanges until this comes of it; whether it did."""
        while time.monotonic() < self.deadline:
            if self.exchange(size) == wanted:
                return True
        return False


def refused(client, _):
    """Nobody listens."""
    if not client.until(errno.ECONNREFUSED, 64):
        yield "the connection was not refused"


def too_big(client, options):
    """Datagrams of this size are too large, smaller ones come back."""
    client.socket.setsockopt(client.level, client.discover, HOW[options.discover])
    if not client.until(errno.EMSGSIZE, options.size):
        yield "not told that it is too large"
    if client.mtu() != options.mtu:
        yield f"the MTU is {client.mtu()}, not {options.mtu}"
    fits = options.mtu - client.headers
    if not client.until(bytes(fits), fits):
        yield f"{fits} bytes do not come back"
    if options.discover == "do" and client.exchange(fits + 1) != errno.EMSGSIZE:
        yield f"{fits + 1} bytes are not too large"
    if options.discover == "want" and not client.until(bytes(options.size), options.size):
        yield f"{options.size} bytes do not come back, in fragments"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("refused", help=refused.__doc__)
    command.set_defaults(run=refused)
    command = commands.add_parser("too-big", help=too_big.__doc__)
    command.set_defaults(run=too_big)
    command.add_argument("--discover", choices=HOW, default="do", help="the path's MTU")
    command.add_argument("--size", type=int, default=1400, help="of the payload, bytes")
    command.add_argument("--mtu", type=int, required=True, help="what is to be learned")
    for command in commands.choices.values():
        command.add_argument("address")
        command.add_argument("port", type=int)
    options = parser.parse_args()
    faults = list(options.run(Client(options.address, options.port), options))
    if faults:
        print(*(f"{options.address}: {fault}" for fault in faults), sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
