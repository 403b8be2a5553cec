#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends datagrams that say when they were made, and waits for their echoes: ADDRESS PORT"""

import socket
import struct
import sys
import time

AGES = 1, 1, 3, 20  # in seconds


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect((sys.argv[1], int(sys.argv[2])))
        for age in AGES:
            sent = b"made at" + struct.pack(">q", int(time.time()) - age)
            client.send(sent)
            if client.recv(100) != sent:
                sys.exit("another datagram came back")


if __name__ == "__main__":
    main()
