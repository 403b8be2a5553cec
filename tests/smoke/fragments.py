#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends fragments that no kernel would send to a UDP port: fragments.py FAULT ADDRESS PORT"""

import ipaddress
import socket
import struct
import sys

IPV6_FRAGMENT = 44
# Offset, length (bytes, with the UDP header) and whether more follow.
FAULTS = {
    "none": [(0, 64, True), (64, 64, False)],
    "overlap": [(0, 64, True), (56, 64, False)],
    "incomplete": [(0, 64, True), (128, 64, False)],
    "many": [(i * 8, 8, i < 8) for i in range(9)],
    "malformed": [(0, 60, True), (65528, 64, False)],
}


def checksum(data):
    """One's complement sum of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def datagram(source, target, port, length):
    """A UDP datagram with a right checksum; a malformed fragment takes what it needs of it."""
    header = struct.pack("!HHHH", 40000, port, length, 0)
    pseudo = source.packed + target.packed + struct.pack("!HH", socket.IPPROTO_UDP, length)
    whole = header + bytes(length - len(header))
    return header[:6] + struct.pack("!H", checksum(pseudo + whole)) + whole[8:]


def ipv4(source, target, number, offset, more, data):
    """The packet of a fragment; the kernel fills in its length and checksum."""
    field = offset // 8 | (0x2000 if more else 0)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 0, number, field, 64, socket.IPPROTO_UDP, 0)
    return head + source.packed + target.packed + data


def ipv6(source, target, number, offset, more, data):
    """The same for IPv6."""
    head = struct.pack("!IHBB", 6 << 28, 8 + len(data), IPV6_FRAGMENT, 64)
    fragment = struct.pack("!BBHI", socket.IPPROTO_UDP, 0, offset | more, number)
    return head + source.packed + target.packed + fragment + data


def main(fault, address, port):
    target = ipaddress.ip_address(address)
    family, packet = (socket.AF_INET6, ipv6) if target.version == 6 else (socket.AF_INET, ipv4)
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.connect((address, int(port)))
        source = ipaddress.ip_address(udp.getsockname()[0])
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        number = 1 + list(FAULTS).index(fault)  # the identification, no other fault's
        length = max(offset + length for offset, length, _ in FAULTS[fault])
        whole = datagram(source, target, int(port), min(length, 128))
        for offset, length, more in FAULTS[fault]:
            data = whole[offset : offset + length].ljust(length, b"\0")
            raw.sendto(packet(source, target, number, offset, more, data), (address, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
