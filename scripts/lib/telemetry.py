#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Asks a DPDK program over its telemetry socket: telemetry.py PREFIX COMMAND [COMMAND ...]

Prints each answer as JSON, without the command that DPDK puts around it. PREFIX is the program's
--file-prefix. Exit status 3 where nobody answers.
"""

import json
import os
import socket
import sys


class Telemetry:
    """One connection; use it in a `with` statement."""

    def __init__(self, prefix, timeout=5):
        path = os.path.join(runtime_directory(), "dpdk", prefix, "dpdk_telemetry.v2")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
            self.greeting = json.loads(self.socket.recv(4096))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, command):
        """The answer to a command such as /natterjack/session,1; None where there is none."""
        self.socket.send(command.encode())
        answer = json.loads(self.socket.recv(self.greeting["max_output_len"]))
        return next(iter(answer.values()))


def runtime_directory():
    """Where the EAL puts its sockets: the same rule as its own."""
    own = "/var/run" if os.getuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    return os.environ.get("RUNTIME_DIRECTORY") or own


def main(arguments):
    if len(arguments) < 2 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with Telemetry(arguments[0]) as telemetry:
            for command in arguments[1:]:
                print(json.dumps(telemetry.ask(command), indent=2))
    except OSError as error:
        print(f"telemetry.py: {arguments[0]}: {error.strerror or error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
