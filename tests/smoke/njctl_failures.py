#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""njctl where nobody answers, or not as natterjack does, or where it is asked for nonsense: one clear
line, and the exit status. NJCTL PREFIX DIRECTORY, where no natterjack runs yet."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import threading

NOBODY = 65534
GREETING = json.dumps({"version": "DPDK 22.11.0", "pid": 1, "max_output_len": 16384}).encode()
COMMANDS = "status stats workers sessions clusters filters neighbors config reload log top metrics".split()
USAGE = {  # arguments: what is said
    ("statz",): "unknown command 'statz', did you mean 'stats'?",
    ("worker",): "did you mean 'workers'?",
    ("undrian",): "did you mean 'undrain'?",
    ("frobnicate",): "unknown command 'frobnicate'; --help lists them",
    ("stats", "all"): "stats takes no arguments, such as 'all'",
    ("-j", "metrics"): "metrics are no JSON",
    ("-j", "top"): "top is no JSON",
    ("-j", "serve"): "serve has JSON of its own",
    ("-j", "capture", "--rate", "x"): "a capture is no JSON",
    ("log", "reload"): "log takes a TYPE and a LEVEL, or nothing",
    ("serve", "9091"): "serve: unexpected '9091'",
    ("serve", "--listen", "9091"): "wrong address '9091': it is like 127.0.0.1:9091 or [::1]:9091",
    ("serve", "--listen", "localhost:9091"): "wrong address",
    ("serve", "--lisen", "[::1]:9091"): "--lisen",
    ("drain",): "drain takes one ADDRESS",
    ("drain", "198.51.100.2:26000", "x"): "drain takes one ADDRESS",
    ("drain", "198.51.100.2"): "wrong address '198.51.100.2': it is like",
    ("undrain", "2001:db8::2:26000"): "wrong address",
    ("drain", "198.51.100.2:99999"): "wrong address",
    ("drain", "a.example:26000"): "wrong address",
    ("sessions", "--client", "192.0.2.300"): "wrong address '192.0.2.300': it is like",
    ("sessions", "--endpoint", "x" * 5000): "wrong address",
    ("sessions", "192.0.2.3"): "sessions: unexpected '192.0.2.3'",
    ("sessions", "--klient", "192.0.2.3"): "--klient",
    ("sessions", "--client"): "requires an argument",
    ("-p", "a/b", "stats"): "wrong prefix 'a/b'",
    ("-p", "", "stats"): "wrong prefix ''",
    ("-p", "x" * 200, "stats"): "is too long",
    ("-t", "0", "stats"): "wrong timeout '0'",
    ("-x", "stats"): "'x'",
}


class Other:
    """A program that listens where a natterjack would: what it says to each message, in turn, first
    as its greeting. Nothing: it keeps silent."""

    def __init__(self, directory, prefix, *says):
        path = directory / "dpdk" / prefix / "dpdk_telemetry.v2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.says = says
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(10)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with self.socket.accept()[0] as peer:
            for answer in self.says:
                peer.send(answer)
                if not peer.recv(1000):
                    return
            if not self.says:
                peer.recv(1000)

    def end(self):
        self.thread.join()
        self.socket.close()


class Njctl:
    def __init__(self, program, prefix, directory):
        self.program, self.prefix = program, prefix
        self.directory = directory
        self.faults = []

    def check(self, what, done, status, error):
        lines = done.stderr.splitlines()
        if done.returncode != status or done.stdout or len(lines) != 1 or error not in lines[0]:
            self.faults.append(f"{what}: not {status} {error!r} but {done}")

    def expect(self, arguments, status, error, **environment):
        done = subprocess.run(
            [self.program, "-p", self.prefix, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )
        self.check(arguments, done, status, error)

    def expect_of(self, says, status, error):
        """With another program at the socket."""
        other = Other(self.directory, self.prefix, *says)
        where = {"RUNTIME_DIRECTORY": str(self.directory)}
        self.expect(["-t", "1", "stats"], status, error, **where)
        other.end()


def permission(njctl):
    """As nobody, who finds root's socket, and may not."""
    run = pathlib.Path("/var/run")
    socket_directory = run / "dpdk" / njctl.prefix
    other = Other(run, njctl.prefix)
    program = os.open(njctl.program, os.O_RDONLY)
    environment = {k: v for k, v in os.environ.items() if k != "RUNTIME_DIRECTORY"}

    # An open file may be run wherever it is.
    become = "import os, sys; os.execve(int(sys.argv[1]), sys.argv[2:], dict(os.environ))"

    def become_nobody():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    (socket_directory / "dpdk_telemetry.v2").chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-c", become, str(program), "njctl", "-p", njctl.prefix, "stats"],
        capture_output=True,
        text=True,
        env=environment,
        pass_fds=[program],
        preexec_fn=become_nobody,
    )
    njctl.check("as nobody", done, 3, "no permission for /var/run/dpdk/")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as end:
        end.connect(str(socket_directory / "dpdk_telemetry.v2"))
    other.end()
    (socket_directory / "dpdk_telemetry.v2").unlink()
    socket_directory.rmdir()


def strangers(njctl):
    """Who answers, but not as natterjack does."""
    null = json.dumps({"/natterjack/stats": None}).encode()
    info = json.dumps({"/natterjack/info": {"id": "x"}}).encode()
    njctl.expect_of([], 3, "did not answer within 1 s")
    njctl.expect_of([b"hello"], 3, "does not greet as DPDK does")
    njctl.expect_of([b'{"max_output_len": 1}'], 3, "does not greet as DPDK does")
    njctl.expect_of([b'{"max_output_len": -7}'], 3, "does not greet as DPDK does")
    njctl.expect_of([GREETING, null, null], 3, "is no natterjack")
    njctl.expect_of([GREETING, null, info], 1, "answered /natterjack/stats with an error")
    njctl.expect_of([GREETING, b'{"/natterjack/stats": {'], 1, "is no JSON")
    njctl.expect_of([GREETING, b"\xff\x00\x01"], 1, "is no JSON")
    njctl.expect_of([GREETING, b"[]", null], 3, "is no natterjack")


def full(njctl):
    """A disk that is full is no success."""
    other = Other(
        njctl.directory, njctl.prefix, GREETING, b'{"/natterjack/stats": {"rx_packets": 1}}'
    )
    with open("/dev/full", "w") as out:
        done = subprocess.run(
            [njctl.program, "-p", njctl.prefix, "stats"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "RUNTIME_DIRECTORY": str(njctl.directory)},
        )
    other.end()
    if done.returncode != 1 or "standard output" not in done.stderr:
        njctl.faults.append(f"/dev/full: {done}")


def main():
    njctl = Njctl(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
    for arguments, error in USAGE.items():
        njctl.expect(arguments, 2, error)
    for command in COMMANDS:
        njctl.expect([command], 3, "no natterjack is running")
    for arguments in ["drain", "198.51.100.2:26000"], ["capture", "-w", "/dev/null"]:
        njctl.expect(arguments, 3, "no natterjack is running")
    bare = subprocess.run([njctl.program], capture_output=True, text=True)
    if bare.returncode != 2 or bare.stdout or not bare.stderr.startswith("usage: njctl"):
        njctl.faults.append(f"without a command: {bare}")
    for option in "--help", "--version":
        done = subprocess.run([njctl.program, option], capture_output=True, text=True)
        if done.returncode or done.stderr or "njctl" not in done.stdout:
            njctl.faults.append(f"{option}: {done}")
    permission(njctl)
    strangers(njctl)
    full(njctl)
    print(f"{len(njctl.faults)} faults", *njctl.faults, sep="\n")
    return 1 if njctl.faults else 0


if __name__ == "__main__":
    sys.exit(main())
