#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""njctl top, on a terminal of our own: NJCTL PREFIX DIRECTORY, where no natterjack runs yet. Another
program answers for it, with counters that grow."""

import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import termios

from njctl_failures import GREETING, Other

STEP = 1000000
ENDPOINTS = 40
HEIGHT, WIDTH = 30, 70


def answers(n):
    """Of the nth picture: info, stats, workers and endpoints, each list with its end."""
    moved = {"rx_packets": n * STEP, "tx_packets": n * STEP, "sessions_active": 5}
    ways = {way: {"packets": n * STEP, "bytes": 0} for way in ("downstream", "upstream")}
    stats = {**moved, **ways, "dropped": {"udp_port": n * STEP, "udp_length": n * STEP}}
    clusters = [
        {"endpoint": i, "address": f"198.51.100.{i}:1", "state": "active", "upstream_packets": n}
        for i in range(ENDPOINTS)
    ]
    for answer in {"uptime": 61}, stats, [{"worker": 0, **moved}], [], clusters, []:
        yield json.dumps({"/natterjack/any": answer}).encode()


def top(program, prefix, directory, pictures, key):
    """Its exit status, its pictures, and whether the terminal is as it was."""
    says = [GREETING, *(answer for n in range(pictures) for answer in answers(n))]
    other = Other(directory, prefix, *says)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    before = termios.tcgetattr(theirs)
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(directory), "NO_COLOR": "1"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        [program, "-p", prefix, "top"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    text = ""
    while "natterjack '" not in text and not (key and text.count("\x1b[H\x1b[2J") == 2):
        text += os.read(ours, 65536).decode()
    if key:
        os.write(ours, key)
    status = process.wait(10)
    same = termios.tcgetattr(theirs) == before
    os.set_blocking(ours, False)
    try:
        text += os.read(ours, 65536).decode()
    except BlockingIOError:
        pass
    os.close(ours)
    os.close(theirs)
    other.end()
    return status, [part.replace("\r", "") for part in text.split("\x1b[H\x1b[2J")[1:]], same


def pictures_fit(pictures):
    """The first has no rates yet, the second has; none is larger than the terminal."""
    for heading, most in ("received/s", STEP), ("downstream/s", STEP), ("dropped/s", 2 * STEP):
        rates = [re.search(rf"^{heading} +(\d+)$", one, re.MULTILINE) for one in pictures[:2]]
        if None in rates or int(rates[0][1]) != 0 or not 0 < int(rates[1][1]) <= most * 1.01:
            yield f"{heading} is {rates}"
    # A reason is there from its first packet on, and has a rate from then on.
    for n, picture in enumerate(pictures[:4]):
        drops = re.findall(r"^(udp_\w+) +(\d+) +(\d+)$", picture, re.MULTILINE)
        if [(reason, int(total)) for reason, _, total in drops] != [
            (reason, n * STEP) for reason in ("udp_port", "udp_length") if n
        ]:
            yield f"drops by reason are {drops}"
        if any((int(rate) > 0) != (n > 1) for _, rate, _ in drops):
            yield f"the rates of drops are {drops}"
    for picture in pictures:
        lines = picture.split("\n")
        if len(lines) > HEIGHT or max(map(len, lines)) > WIDTH or "198.51.100.7:1" not in picture:
            yield f"a picture of {len(lines)} lines: {picture}"


def main():
    program, prefix, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    status, pictures, same = top(program, prefix, directory, 20, b"q")
    faults = list(pictures_fit(pictures))
    if status or not same:
        faults.append(f"ended by q: {status}, the terminal as it was: {same}")
    status, pictures, same = top(program, prefix, directory, 1, None)
    if status != 3 or not same or "closed the connection" not in pictures[-1]:
        faults.append(f"ended by the other side: {status}, as it was: {same}: {pictures}")
    other = Other(directory, prefix, GREETING, *answers(0))
    done = subprocess.run(
        [program, "-p", prefix, "top"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "RUNTIME_DIRECTORY": str(directory)},
    )
    other.end()
    if done.returncode != 2 or done.stdout or "top needs a terminal" not in done.stderr:
        faults.append(f"without a terminal: {done}")
    print(f"{len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
