#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""4,500 clients and a route by token to 300 endpoints, of which each has two tokens: both ends of
tokens.sh. `tokens.py file` prints the proxy file, `tokens.py send NAMESPACE` sends and checks."""

import hashlib
import itertools
import sys

from both_ends import Traffic, payload, proxy_file

CLIENTS, CLIENT_ADDRESSES = 4500, 250
ADDRESSES = [(f"198.51.100.{2 + i % 3}", 26000 + i // 3) for i in range(300)]
IN_FLIGHT = 96  # a third of them to one address
TOKEN = 16  # bytes
TOKENS = 2  # of each endpoint
SIZES = [(64, 1456), (0,)]  # by turns: the first tells who a client is, and 1456 fills the MTU
STRANGERS = 100  # datagrams with a token that no endpoint has


def token(endpoint, number):
    """Tokens of neighbors differ in the last byte alone."""
    begin = hashlib.shake_128(f"token {endpoint // 2}/{number}".encode()).digest(TOKEN - 1)
    return begin + bytes([endpoint % 2])


def tokens(endpoint):
    """All of an endpoint's."""
    return [token(endpoint, number) for number in range(TOKENS)]


def file():
    """Prints the proxy file."""
    capture = {"suffix": {"size": TOKEN, "remove": True}}
    chain = [("capture.v1alpha1.Capture", capture), ("token_router.v1alpha1.TokenRouter", None)]
    endpoints = [(address, tokens(i)) for i, address in enumerate(ADDRESSES)]
    print(proxy_file(2, chain, endpoints), end="")
    return 0


def jobs(traffic):
    """Every client sends to the endpoint of its own, by its tokens in turn."""
    for turn, sizes in enumerate(SIZES):
        for client in traffic.clients:
            size = sizes[client.number % len(sizes)]
            endpoint = client.number * 7 % len(ADDRESSES)
            data = payload(f"{client.number}/{turn}", size)
            yield client, data, [traffic.servers[endpoint]], token(endpoint, turn % TOKENS)


def strangers(traffic):
    """Tokens that nobody has, of which some are another's but for the last byte."""
    for number, client in enumerate(itertools.islice(traffic.clients, STRANGERS)):
        unknown = token(number, 0)[:-1] + b"\x02"
        client.socket.send(payload(f"stranger {number}", number) + unknown)


def send(namespace):
    """Sends and checks; the exit status."""
    traffic = Traffic(CLIENTS + len(ADDRESSES))
    traffic.add_servers(namespace, ADDRESSES)
    for i in range(CLIENTS):
        traffic.add_client(f"192.0.2.{2 + i % CLIENT_ADDRESSES}")
    traffic.run(jobs(traffic), in_flight=IN_FLIGHT)
    strangers(traffic)
    wanted = CLIENTS // len(ADDRESSES) * len(SIZES)
    for server in traffic.servers:
        if server.arrived != wanted:
            traffic.fault(f"server {server}: {server.arrived} came instead of {wanted}")
    return traffic.report()


if __name__ == "__main__":
    sys.exit(send(sys.argv[2]) if sys.argv[1:2] == ["send"] else file())
