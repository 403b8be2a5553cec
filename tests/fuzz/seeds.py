#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the fuzz targets that eat bytes: tests/fuzz/seeds.py

What each target's input looks like stands at the top of its program. The files go to
tests/fuzz/corpus/TARGET/ beside those that were found by fuzzing; checksums and lengths are left
to the targets to put right.
"""

import ipaddress
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
OURS, PEER = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
CLIENT, SERVER = ("192.0.2.77", "2001:db8::4d"), ("198.51.100.100", "2001:db8:1::64")
US, US_SERVERS = ("192.0.2.10", "2001:db8::a"), ("198.51.100.10", "2001:db8:1::a")
UDP, ICMP, ICMP6, FRAGMENT = 17, 1, 58, 44
UPSTREAM = 0xFEFE  # stands for the upstream port of the last session


def packed(address):
    return ipaddress.ip_address(address).packed


def udp(source, destination, payload):
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def ip4(source, destination, protocol, body, field=0x4000, options=b""):
    first = 0x45 + len(options) // 4
    return (struct.pack("!BBHHHBBH", first, 0xB8, 20 + len(options) + len(body), 0x1234, field,
                        61, protocol, 0) + packed(source) + packed(destination) + options + body)


def ip6(source, destination, protocol, body):
    return (struct.pack("!IHBB", 0x6B812345, len(body), protocol, 61) + packed(source)
            + packed(destination) + body)


def ip(family, source, destination, body, protocol=UDP):
    """Of pairs of addresses, by family (0: IPv4)."""
    make = ip6 if family else ip4
    return make(source[family], destination[family], protocol, body)


def ether(packet, tag=b""):
    return OURS + PEER + tag + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


def error(kind, code, rest, about):
    return struct.pack("!BBHI", kind, code, 0, rest) + about


ERRORS = ([(3, code, 1400 if code == 4 else 0) for code in (0, 1, 2, 3, 4, 13)] + [(11, 0, 0), (12, 0, 8 << 24)],
          [(1, code, 0) for code in (0, 1, 4)] + [(2, 0, 1400), (3, 0, 0), (4, 0, 6), (4, 1, 6)])


def frames():
    """Name and packet of what comes in."""
    for family in (0, 1):
        hello = udp(40000, 7777, b"hello, world")
        plain = ip(family, CLIENT, US, hello)
        v = "46"[family]
        yield "udp" + v, plain
        yield "empty" + v, ip(family, CLIENT, US, udp(40000, 7777, b""))
        about = ip(family, US_SERVERS, SERVER, udp(UPSTREAM, 26000, b"hello"))
        kind, code, rest = ERRORS[family][4 if family == 0 else 3]
        yield "error" + v, ip(family, SERVER, US_SERVERS, error(kind, code, rest, about),
                              ICMP6 if family else ICMP)
        yield "echo" + v, ip(family, CLIENT, US,
                             struct.pack("!BBHHH", 128 if family else 8, 0, 0, 1, 1) + b"ping",
                             ICMP6 if family else ICMP)
    yield "options4", ip4(CLIENT[0], US[0], UDP, udp(40000, 7777, b"x"), options=b"\1" * 8)
    yield "fragment4", ip4(CLIENT[0], US[0], UDP, udp(40000, 7777, b"x" * 24), field=0x2000)
    header = struct.pack("!BBHI", UDP, 0, 1, 7)
    yield "fragment6", ip6(CLIENT[1], US[1], FRAGMENT, header + udp(40000, 7777, b"x" * 24))
    header = struct.pack("!BBHI", UDP, 0, 0, 7)
    yield "atomic6", ip6(CLIENT[1], US[1], FRAGMENT, header + udp(40000, 7777, b"x" * 24))
    yield "hops6", ip6(CLIENT[1], US[1], 0, bytes([60, 0, 1, 4, 0, 0, 0, 0])
                       + bytes([UDP, 0, 1, 4, 0, 0, 0, 0]) + udp(40000, 7777, b"x"))


def parse():
    for name, packet in frames():
        yield name, struct.pack("<BBH", 7, 3, 60) + ether(packet)
    name, packet = next(frames())
    yield "tagged", struct.pack("<BBH", 7 + 8, 2, 60) + ether(packet, b"\x81\0\0\x05")
    yield "long", struct.pack("<BBH", 7, 1, 600) + ether(ip(0, CLIENT, US, udp(1, 2, b"x" * 900)))
    arp = bytes.fromhex("0001080006040001") + PEER + packed(CLIENT[0]) + bytes(6) + packed(US[0])
    yield "arp", struct.pack("<BBH", 1, 0, 0) + OURS + PEER + b"\x08\x06" + arp


def icmp():
    for family in (0, 1):
        about = ip(family, US, CLIENT, udp(7777, 40000, b"x" * 16))
        for kind, code, rest in ERRORS[family]:
            for to in (0, 1):
                yield (f"v{'46'[family]}-{kind}-{code}-to-{'46'[to]}",
                       bytes([family << 7 | to | kind << 2 & 0x7C]) + error(kind, code, rest, about))


def filters():
    """Two datagrams each way for every chain."""
    payloads = (b"hello, world", b"aaaabbbbaaaabbbb" * 4, b"x\xabc", bytes(8) + b"abc")
    block = bytes([12, 44]) + b"hello, world"  # Snappy's: the length, one literal
    lz4 = bytes([12, 0xC0]) + b"hello, world"
    stream = b"\xff\x06\0\0sNaPpY"
    for chain in range(12):
        listed = (*payloads, block, lz4, stream)
        yield f"chain-{chain}", bytes([chain]) + b"".join(
            struct.pack("<BH", control, len(payload)) + payload
            for control, payload in enumerate(listed))
        yield f"up-{chain}", bytes([chain]) + b"".join(
            struct.pack("<BH", 1, len(payload)) + payload for payload in listed)


def reassembly():
    """Fragments: family and other controls, offset in bytes, length."""
    def made(*fragments):
        return b"".join(struct.pack("<BBH", control, offset // 8, length)
                        for control, offset, length in fragments)

    for family in (0, 1):
        more = family | 2
        v = "46"[family]
        yield "two" + v, made((more, 0, 64), (family, 64, 40))
        yield "reversed" + v, made((family, 128, 13), (more, 64, 64), (more, 0, 64))
        yield "overlap" + v, made((more, 0, 64), (more, 56, 64), (family, 120, 8))
        yield "twice" + v, made((more, 0, 64), (more, 0, 64), (family, 64, 8))
        yield "late" + v, made((more, 0, 64), (family | 0xE0, 64, 8), (more, 0, 8))
        yield "many" + v, made(*((more, 8 * i, 8) for i in range(9)))
        yield "large" + v, made((more, 0, 1480), (more, 1480 // 8 * 8, 1480), (family, 1960, 1480))
        yield "ends-twice" + v, made((family, 64, 8), (family, 128, 8), (more, 0, 64))


def pipeline():
    """A session each, and then something that happens to it."""
    def burst(*listed):
        return b"".join(struct.pack("<BH", side | pause << 6 | 0x3C, len(frame)) + frame
                        for side, pause, frame in listed)

    packets = dict(frames())
    for family in (0, 1):
        v = "46"[family]
        hello = (0, 0, ether(packets["udp" + v]))
        reply = ether(ip(family, SERVER, US_SERVERS, udp(26000, UPSTREAM, b"welcome")))
        yield "session" + v, burst(hello, (1, 0, reply), hello, (1, 3, reply), hello)
        yield "error" + v, burst(hello, (1, 0, ether(packets["error" + v])), hello)
        yield "closed" + v, burst((0, 0, ether(ip(family, CLIENT, US, udp(1, 9, b"x")))),
                                  (0, 1, ether(packets["echo" + v])))
        yield "ping" + v, burst((0, 0, ether(ip(family, CLIENT, US,
                                                udp(9, 7600, b"QLKN\0\0\0\x09" + bytes(9))))))
        yield "large" + v, burst((0, 0, ether(ip(family, CLIENT, US, udp(9, 7777, b"x" * 1200)))))
    whole = udp(40000, 7777, b"x" * 40)
    pieces = [ether(ip4(CLIENT[0], US[0], UDP, whole[:24], field=0x2000)),
              ether(ip4(CLIENT[0], US[0], UDP, whole[24:], field=3))]
    yield "fragments4", burst(*((0, 0, piece) for piece in pieces))
    arp = bytes.fromhex("0001080006040001") + PEER + packed(CLIENT[0]) + bytes(6) + packed(US[0])
    yield "arp", burst((0, 0, OURS + PEER + b"\x08\x06" + arp))


def qcmp():
    yield "ping", b"QLKN\0\0\0\x09" + bytes(range(9))
    yield "reply", b"QLKN\0\1\0\x19" + bytes(25)
    yield "short", b"QLKN\0\0\0\x09" + bytes(8)


def state():
    """A head and a few records each, whose checksums the target puts right."""
    def made(control, *records, clean=1):
        head = b"NJstate\n" + struct.pack("<IIIIIIIIq40s", 0x01020304, 1, 0, 128, 1, len(records),
                                          100000, clean, 1700000000000, bytes(range(40)))
        return bytes([control]) + head + b"".join(records)

    def record(family, number, state=2, seen=99000):
        def ip(address):
            return packed(address).ljust(16, b"\0")

        client, endpoint = family & 1, family >> 1
        ports = struct.pack("!HHHH", 40000 + number, 7777, 20000 + number, 26000)
        return (struct.pack("<IBBBBII", 0, state, family, 1, 0, 90000 + number, seen) + ports
                + struct.pack("<QQQQ", 1, 2, 300, 400)
                + ip(CLIENT[client]) + ip(("192.0.2.10", "2001:db8::10")[client])
                + ip(("198.51.100.1", "2001:db8:1::10")[endpoint])
                + ip(("198.51.100.3", "2001:db8:1::64")[endpoint]) + bytes(8))

    families = [record(family, family) for family in range(4)]
    yield "families", made(6, *families)
    yield "two-workers", made(7, *(record(0, number) for number in range(16)))
    yield "half-open", made(6, *(record(0, number, state=1) for number in range(8)))
    yield "killed", made(6, *families, clean=0)
    yield "twice", made(6, families[0], families[0])
    yield "one-port", made(6, families[0], families[0][:16] + b"\1\2" + families[0][18:])
    yield "expired", made(6, record(0, 1, seen=1), record(0, 2, state=1, seen=80000))
    yield "damaged", made(4, *families, bytes(128), b"x" * 128)
    yield "no-head", b"\x08NJstate\n\4\3\2\1"


TARGETS = {"filters": filters, "icmp": icmp, "parse": parse, "pipeline": pipeline, "qcmp": qcmp,
           "reassembly": reassembly, "state": state}

for target, seeds in TARGETS.items():
    (CORPUS / target).mkdir(parents=True, exist_ok=True)
    for seed, content in seeds():
        (CORPUS / target / seed).write_bytes(content)
