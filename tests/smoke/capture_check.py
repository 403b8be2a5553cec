#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""njctl capture against a natterjack that takes 8 bytes off each datagram, with an echo server behind
it: NJCTL PREFIX DIRECTORY ADDRESS PORT, as the client 192.0.2.2."""

import json
import pathlib
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
from telemetry import Telemetry  # noqa: E402

PATIENCE = 30  # seconds
CLIENT, ENDPOINT, UPSTREAM = "192.0.2.2", "198.51.100.2", "198.51.100.1"
FIELDS = "frame.interface_name ip.src udp.srcport ip.dst udp.dstport udp.payload frame.comment".split()


def until(what, condition):
    """Polls, as nothing here may be waited for by the clock alone."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not within {PATIENCE} s")
        time.sleep(0.01)


class Captures:
    def __init__(self, njctl, prefix, directory):
        self.command = [njctl, "-t", str(PATIENCE), "-p", prefix, "capture"]
        self.file = pathlib.Path(directory) / "capture.pcapng"
        self.telemetry = Telemetry(prefix, PATIENCE)
        self.faults = []

    def is_running(self):
        return self.telemetry.ask("/natterjack/capture")["running"] == 1

    def start(self, *options, out="", **how):
        """Begins one and waits until it is going on."""
        process = subprocess.Popen(
            [*self.command, *options, "-w", out or str(self.file)],
            stderr=subprocess.PIPE,
            **how,
        )
        until("a capture begins", self.is_running)
        return process

    def end(self, process, status, said):
        error = process.communicate(timeout=PATIENCE)[1].decode()
        if process.returncode != status or said not in error:
            self.faults.append(f"not {status} {said!r} but {process.returncode} {error!r}")
        until("the capture ends", lambda: not self.is_running())

    def refuse(self, options, status, said):
        done = subprocess.run([*self.command, *options], capture_output=True, text=True)
        if done.returncode != status or said not in done.stderr or done.stderr.count("\n") != 1:
            self.faults.append(f"{options}: not {status} {said!r} but {done}")

    def packets(self, capture=None):
        """In the order of time, without the ports' names."""
        fields = [word for field in ["frame.time_epoch", *FIELDS] for word in ("-e", field)]
        done = subprocess.run(
            ["tshark", "-r", "-" if capture else self.file, "-T", "fields", *fields],
            input=capture,
            capture_output=True,
            check=True,
        )
        lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
        return [line[1:] for line in sorted(lines, key=lambda line: float(line[0]))]

    def expect(self, wanted, capture=None):
        """Stage, source, destination, payload and what the comment holds of each."""
        got = self.packets(capture)
        for number, (packet, (stage, source, target, payload, comment)) in enumerate(
            zip(got, wanted)
        ):
            stage_got, from_ip, from_port, to_ip, to_port, data, note = packet
            same = (stage_got, f"{from_ip}:{from_port}", f"{to_ip}:{to_port}", data)
            if same != (stage, source, target, payload.hex()) or comment not in note:
                self.faults.append(f"packet {number}: {packet}, not {stage} {source} {target}")
        if len(got) != len(wanted):
            self.faults.append(f"{len(got)} packets, not {len(wanted)}: {got}")


class Client:
    def __init__(self, port, target):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((CLIENT, port))
        self.socket.settimeout(PATIENCE)
        self.target = target
        self.name = f"{CLIENT}:{port}"

    def send(self, payload):
        self.socket.sendto(payload, self.target)

    def ask(self, payload):
        self.send(payload + b"12345678")
        # What comes back has lost nothing more: Capture reads alone.
        if self.socket.recv(2000) != payload:
            sys.exit("the echo is another one")


def sessions(captures):
    done = subprocess.run(
        [*captures.command[:5], "-j", "sessions"], capture_output=True, check=True
    )
    return {one["client"]: one for one in json.loads(done.stdout)}


def round_trip(client, session, listener, payload):
    """The four packets of it, by what the session is said to be."""
    upstream, endpoint = session["upstream"], session["endpoint"]
    return [
        ("in", client.name, listener, payload + b"12345678", "port=net_af_packet0"),
        ("out", upstream, endpoint, payload, "port=net_af_packet1"),
        ("in", endpoint, upstream, payload, "port=net_af_packet1"),
        ("out", listener, client.name, payload, "port=net_af_packet0"),
    ]


def filters(captures, one, other, listener):
    """By client, by session, by endpoint; the other client is in none but the last."""
    one.ask(b"first")
    other.ask(b"first")
    session = sessions(captures)
    capture = captures.start("--client", one.name, "--count", "4")
    other.ask(b"other")
    one.ask(b"hello")
    captures.end(capture, 0, "4 packets, 0 lost, 0 over the rate")
    captures.expect(round_trip(one, session[one.name], listener, b"hello"))

    # Where the endpoint has to be known, filters have done their work.
    wanted = round_trip(one, session[one.name], listener, b"again")
    wanted[0] = ("in", one.name, listener, b"again", "port=net_af_packet0")
    capture = captures.start("--session", str(session[one.name]["id"]), "--seconds", "60")
    other.ask(b"other")
    one.ask(b"again")
    capture.send_signal(signal.SIGINT)
    captures.end(capture, 0, "4 packets, 0 lost")
    captures.expect(wanted)

    capture = captures.start("--endpoint", ENDPOINT, out="-", stdout=subprocess.PIPE)
    one.ask(b"again")
    capture.send_signal(signal.SIGTERM)
    out = capture.communicate(timeout=PATIENCE)[0]
    captures.expect(wanted, out)
    until("the capture ends", lambda: not captures.is_running())


def drops(captures, client, listener):
    capture = captures.start("--dropped", "capture/miss", "--client", CLIENT, "--count", "1")
    client.ask(b"fine")
    client.send(b"short")
    captures.end(capture, 0, "1 packets, 0 lost")
    wanted = ("dropped", client.name, listener, b"short", "dropped=capture/miss")
    captures.expect([wanted])


def ends(captures, client):
    """A capture that is over, whatever ended it, leaves room for the next."""
    capture = captures.start("--seconds", "1")
    captures.end(capture, 0, "packets")
    capture = captures.start("--client", "192.0.2.99")
    captures.refuse(["-w", "/dev/null"], 1, "another capture is going on")
    capture.kill()
    captures.end(capture, -signal.SIGKILL, "")
    captures.refuse(["-w", "/dev/full"], 1, "/dev/full: No space left on device")
    until("the capture ends", lambda: not captures.is_running())
    capture = captures.start("--client", client.name, "--rate", "3", "--snaplen", "64")
    client.ask(b"x" * 1000)
    capture.send_signal(signal.SIGINT)
    captures.end(capture, 0, "3 packets, 0 lost, 1 over the rate")
    if [len(packet[5]) for packet in captures.packets()] != [2 * (64 - 42)] * 3:
        captures.faults.append(f"not cut: {captures.packets()}")
    # What it is told of a reader that does not read, it is told at the end.
    capture = captures.start("--dropped", "capture/miss", out="-", stdout=subprocess.PIPE)
    capture.stdout.close()
    client.send(b"short")
    capture.wait(PATIENCE)
    captures.end(capture, 0, "")


def refusals(captures):
    captures.refuse([], 2, "needs -w FILE")
    captures.refuse(["-w", "/dev/null", "--client", "192.0.2.300"], 2, "wrong address")
    captures.refuse(["-w", "/dev/null", "--rate", "x"], 2, "wrong --rate 'x'")
    captures.refuse(["-w", "/dev/null", "more"], 2, "unexpected 'more'")
    captures.refuse(["-w", "/dev/null", "--rate", "2000000"], 1, "rate '2000000'")
    captures.refuse(["-w", "/dev/null", "--dropped", "x"], 1, "dropped 'x'")
    captures.refuse(["-w", "/dev/null", "--session", "4095"], 1, "no such session")
    answer = captures.telemetry.ask("/natterjack/capture,socket=/no/such/socket")
    if answer["result"] != "refused" or "No such file" not in answer["error"]:
        captures.faults.append(f"without a listener: {answer}")
    captures.refuse(["-w", "/no/such/file"], 1, "/no/such/file: No such file")


def main():
    njctl, prefix, directory, address, port = sys.argv[1:]
    captures = Captures(njctl, prefix, directory)
    one, other = (Client(4000 + i, (address, int(port))) for i in range(2))
    refusals(captures)
    until("the capture ends", lambda: not captures.is_running())
    filters(captures, one, other, f"{address}:{port}")
    drops(captures, one, f"{address}:{port}")
    ends(captures, one)
    print(f"{len(captures.faults)} faults", *captures.faults, sep="\n")
    return 1 if captures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
