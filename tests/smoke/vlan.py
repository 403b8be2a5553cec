#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A VLAN interface for a kernel that has none: vlan.py INTERFACE VLAN makes a tap, INTERFACE.VLAN,
and carries its frames with the VLAN's tag."""

import fcntl
import select
import socket
import struct
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
SIOCSIFHWADDR, ARPHRD_ETHER = 0x8924, 1
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 0x10
AUXDATA = struct.Struct("IIIHHHH")  # struct tpacket_auxdata of Linux
ETH_P_ALL = 3
ROOM = 65536


def make_tap(name, mac):
    """Its end that is ours."""
    tap = open("/dev/net/tun", "r+b", buffering=0)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH6s8x", name.encode(), ARPHRD_ETHER, mac)
        fcntl.ioctl(any_socket, SIOCSIFHWADDR, request)
    return tap


def tagged_with(vlan, packets):
    """The next frame without its tag, if it came in with this one; the kernel takes tags off."""
    frame, ancillary, _, address = packets.recvmsg(ROOM, socket.CMSG_SPACE(AUXDATA.size))
    if address[2] == socket.PACKET_OUTGOING:
        return None
    for _, _, data in ancillary:
        status, *_, tci, _ = AUXDATA.unpack(data)
        if status & TP_STATUS_VLAN_VALID and tci & 0xFFF == vlan:
            return frame
    return None


def main(interface, number):
    vlan = int(number)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as packets:
        packets.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        packets.bind((interface, ETH_P_ALL))
        mac = packets.getsockname()[4]
        tap = make_tap(f"{interface}.{number}", mac)
        print("ready", flush=True)
        while True:
            for readable in select.select([packets, tap], [], [])[0]:
                if readable is tap:
                    frame = tap.read(ROOM)
                    tag = struct.pack("!HH", 0x8100, vlan)
                    packets.send(frame[:12] + tag + frame[12:])
                else:
                    frame = tagged_with(vlan, packets)
                    if frame:
                        tap.write(frame)


if __name__ == "__main__":
    main(*sys.argv[1:])
