#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Listens where systemd would, and prints what it hears, a line each: stalled_systemd.py SOCKET"""

import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
    systemd.bind(sys.argv[1])
    while True:
        print(systemd.recv(100).decode(), flush=True)
