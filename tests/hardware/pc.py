#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Both ways into the emulated PC: to natterjack's telemetry and a shell by its second serial port,
to its cable by QEMU's own socket."""

import argparse
import base64
import json
import os
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import telemetry

ROOM = 16384  # what an answer has at the most


def connected(path):
    """A connection to what listens there."""
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(path)
    return stream


def answer(serial, command):
    """The PC's line, less the greeting that natterjack begins a connection with."""
    serial.write(command + b"\n")
    serial.flush()
    line = serial.readline().decode()
    _, end = json.JSONDecoder().raw_decode(line)
    return line[end:].strip() or line.strip()


def serve(options):
    """Answers for natterjack under PREFIX, a client after the other."""
    folder = os.path.join(telemetry.runtime_directory(), "dpdk", options.prefix)
    os.makedirs(folder, exist_ok=True)
    with connected(options.serial).makefile("rwb") as serial:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server.bind(os.path.join(folder, "dpdk_telemetry.v2"))
        server.listen()
        print("ready", flush=True)
        while True:
            client, _ = server.accept()
            with client:
                client.send(json.dumps({"max_output_len": ROOM}).encode())
                while command := client.recv(ROOM):
                    client.send(answer(serial, command).encode())


def run(options):
    """Runs a command in the PC: its output, and its exit status."""
    with telemetry.Telemetry(options.prefix, timeout=90) as shell:
        status, output = shell.ask("run " + options.command)
    if output:
        print(base64.b64decode(output).decode())
    sys.exit(status)


def link(options):
    """Pulls the NIC's cable, or plugs it in."""
    arguments = {"name": "nic", "up": options.state == "up"}
    with connected(options.qmp).makefile("rw") as qmp:
        qmp.readline()
        for command in (
            {"execute": "qmp_capabilities"},
            {"execute": "set_link", "arguments": arguments},
        ):
            print(json.dumps(command), file=qmp, flush=True)
            while "return" not in (reply := json.loads(qmp.readline())):
                if "error" in reply:
                    sys.exit(f"pc.py: QEMU: {reply['error']['desc']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("serve", help=serve.__doc__)
    command.set_defaults(run=serve)
    command.add_argument("serial", help="the socket of the serial port")
    command.add_argument("prefix", help="the --file-prefix to answer for")
    command = commands.add_parser("run", help=run.__doc__)
    command.set_defaults(run=run)
    command.add_argument("prefix", help="the one that is answered for")
    command.add_argument("command")
    command = commands.add_parser("link", help=link.__doc__)
    command.set_defaults(run=link)
    command.add_argument("qmp", help="QEMU's socket")
    command.add_argument("state", choices=["up", "down"])
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
