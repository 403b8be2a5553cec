#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What systemd hears from natterjack: notify.py NATTERJACK

That it is ready, that it is alive as often as WATCHDOG_USEC asks for, and that it stops; and that
the memory which --plan counts is enough to start with.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

CPUS = sorted(os.sched_getaffinity(0))
APPLIANCE = """
eal: ["--file-prefix={prefix}", "--no-huge"]
sessions: {{capacity: {capacity}}}
ports:
  - {{device: net_null0, addresses: [192.0.2.10/24, "2001:db8::10/64"], mtu: 9000}}
  - {{device: net_null1, addresses: [198.51.100.10/24], descriptors: {{rx: 4096, tx: 4096}}}}
"""


def plan(program, files):
    """The words of each line of the plan."""
    run = subprocess.run([program, *files, "--plan"], capture_output=True, text=True, check=True)
    return [line.split() for line in run.stdout.splitlines()]


@contextlib.contextmanager
def running(command, environment):
    """It runs, and is ended in any case."""
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def check(program, folder, capacity, workers):
    """Starts it with so much memory as is planned."""
    prefix = f"nj-notify-{os.getpid()}"
    appliance = folder / "appliance.yaml"
    appliance.write_text(APPLIANCE.format(prefix=prefix, capacity=capacity))
    proxy = pathlib.Path(__file__).resolve().parents[2] / "config/proxy.yaml"
    files = ["-a", appliance, "-c", proxy]
    lines = plan(program, files)
    assert lines[:2] == [["device", "net_null0"], ["device", "net_null1"]], lines
    assert lines[2:4] == [["eal", f"--file-prefix={prefix}"], ["eal", "--no-huge"]], lines
    word, fixed, each = lines[4]
    assert word == "memory", lines
    mib = int(fixed) + workers * int(each)
    lcores = ",".join(f"{i}@{CPUS[i % len(CPUS)]}" for i in range(workers + 1))
    path = folder / f"notify-{capacity}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(40)
        environment = os.environ | {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}
        command = [program, *files, "--", "-m", str(mib), f"--lcores={lcores}"]
        with running(command, environment) as process:
            heard = [systemd.recv(100) for _ in range(3)]
            assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"], heard
            process.send_signal(signal.SIGTERM)
            while (last := systemd.recv(100)) == b"WATCHDOG=1":
                pass
            assert last == b"STOPPING=1", last
            log = process.communicate(timeout=40)[1]
            assert process.returncode == 0, log
    shutil.rmtree(f"/var/run/dpdk/{prefix}", ignore_errors=True)
    print(f"{capacity} sessions, {workers} workers: {mib} MiB, heard what it has to say")


def main(program):
    if os.getuid() != 0:
        print("skipped: not root")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        check(program, pathlib.Path(folder), 8192, 1)
        check(program, pathlib.Path(folder), 300000, 3)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
