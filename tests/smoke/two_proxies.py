#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Both ends of two-proxies.sh, and the proxy files of the two natterjacks in between, which it
writes and has reloaded: two_proxies.py NAMESPACE PREFIX FILE PREFIX FILE"""

import pathlib
import sys

from both_ends import Telemetry, Traffic, base64, payload, proxy_file

CLIENTS, CLIENT_ADDRESSES = 24, 8
ADDRESSES = [(ip, port) for ip in ("198.51.100.2", "198.51.100.3") for port in (26000, 26001)]
SECOND = ("203.0.113.2", 7777)
TOKENS = [b"\x00", b"abc", b"abc\x00", bytes(range(240, 256))]
# Size, and whether it can be compressed; the first tells who a client is.
PAYLOADS = [(64, False), (0, False), (1, False), (15, False), (61, False), (300, False)]
PAYLOADS += [(1024, False), (1400, False), (64, True), (300, True), (1400, True), (1400, True)]
CODECS = [(1, {}), (2, {}), (2, {"mode": "LZ4"})]  # of an era; Snappy is the default


def first_file(era, codec, token):
    """The first natterjack's: the token behind the payload, and both compressed."""
    name = "concatenate_bytes.v1alpha1.ConcatenateBytes"
    if era == 2:
        name = "concatenate.v1alpha1.Concatenate"
    chain = [
        (name, {"on_read": "APPEND", "bytes": base64(token)}),
        ("compress.v1alpha1.Compress", codec | {"on_read": "COMPRESS", "on_write": "DECOMPRESS"}),
    ]
    return proxy_file(era, chain, [(SECOND, [])])


def second_file(era, codec, size):
    """The second one's: takes both apart, and routes by a token of this size."""
    if era == 1:
        capture = ("capture_bytes.v1alpha1.CaptureBytes", {"size": size, "remove": True})
    else:
        capture = ("capture.v1alpha1.Capture", {"suffix": {"size": size, "remove": True}})
    chain = [
        ("compress.v1alpha1.Compress", codec | {"on_read": "DECOMPRESS", "on_write": "COMPRESS"}),
        capture,
        ("token_router.v1alpha1.TokenRouter", {}),
    ]
    endpoints = [(address, [token]) for address, token in zip(ADDRESSES, TOKENS)]
    return proxy_file(era, chain, endpoints)


class Proxy:
    """A natterjack and its proxy file."""

    def __init__(self, prefix, path):
        self.prefix, self.path = prefix, pathlib.Path(path)

    def ask(self, command):
        """Its answer."""
        with Telemetry(self.prefix) as telemetry:
            return telemetry.ask(command)

    def reload(self, text, traffic):
        """Has a new file put into force."""
        self.path.write_text(text)
        answer = self.ask("/natterjack/reload")
        if answer["result"] != "ok":
            traffic.fault(f"{self.prefix}: {answer}")


def jobs(traffic, name, server, turns):
    """Every client sends each payload of these turns."""
    for turn in turns:
        size, repeat = PAYLOADS[turn]
        for client in traffic.clients:
            yield client, payload(f"{name}/{client.number}/{turn}", size, repeat), [server]


def check_compression(first, second, traffic):
    """Half of what is sent can be compressed, so what the first sends there and the second back is
    less."""
    sent = len(CODECS) * len(ADDRESSES) * CLIENTS * sum(size for size, _ in PAYLOADS)
    for proxy, direction in (first, "downstream"), (second, "upstream"):
        between = proxy.ask("/natterjack/stats")[direction]["bytes"]
        print(f"{direction}: {sent} bytes were {between} between the two")
        if not sent / 2 < between < sent * 3 / 4:
            traffic.fault(f"{direction}: not compressed")


def main(namespace, *proxies):
    first, second = Proxy(*proxies[:2]), Proxy(*proxies[2:])
    traffic = Traffic(CLIENTS + len(ADDRESSES))
    servers = traffic.add_servers(namespace, ADDRESSES)
    for i in range(CLIENTS):
        traffic.add_client(f"192.0.2.{2 + i % CLIENT_ADDRESSES}")
    for number, (era, codec) in enumerate(CODECS):
        for server, token in zip(servers, TOKENS):
            first.reload(first_file(era, codec, token), traffic)
            second.reload(second_file(era, codec, len(token)), traffic)
            # What tells who a client is comes first, and back: while a next hop's address is asked
            # for, what waits for it can be overtaken, and an empty payload tells nothing.
            traffic.run(jobs(traffic, f"{number}/{server}", server, range(1)))
            traffic.run(jobs(traffic, f"{number}/{server}", server, range(1, len(PAYLOADS))))
    for server in servers:
        wanted = len(CODECS) * CLIENTS * len(PAYLOADS)
        if server.arrived != wanted:
            traffic.fault(f"server {server}: {server.arrived} came instead of {wanted}")
    check_compression(first, second, traffic)
    return traffic.report()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
