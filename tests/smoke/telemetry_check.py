#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What natterjack's telemetry has to say after 40 clients sent 3 datagrams of 64 bytes each through
two workers of the smoke tests' rig, and had them back."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
from telemetry import Telemetry  # noqa: E402
from udp import IN_FLIGHT  # noqa: E402

CLIENTS, DATAGRAMS, SIZE = 40, 120, 64
ENDPOINT = "198.51.100.2:26000"


class DpdkTelemetry:
    """The same as Telemetry, through DPDK's own program: a line in, a line out."""

    def __init__(self, prefix):
        self.program = subprocess.Popen(
            ["dpdk-telemetry.py", "-f", prefix],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.communicate("quit\n", timeout=10)

    def ask(self, command):
        """The answer to one command."""
        self.program.stdin.write(command + "\n")
        return next(iter(json.loads(self.program.stdout.readline()).values()))


COUNTERS = {
    "rx_packets": int,
    "rx_bytes": int,
    "tx_packets": int,
    "tx_bytes": int,
    "copied": int,
    "local": int,
    "dropped": {"no_listener": int, "no_session": int, "udp_checksum": int},
    "sessions_active": int,
    "sessions_half_open": int,
    "sessions_capacity": int,
    "qcmp_answered": 0,
    "sessions_total": int,
    "sessions_restored": int,
    "sessions_expired": int,
    "sessions_evicted": int,
    "sessions_ended": int,
    "sessions_rejected": int,
    "handoffs": int,
    "logs_left_out": int,
    "downstream": {"packets": int, "bytes": int},
    "upstream": {"packets": int, "bytes": int},
}
SESSION = {
    "id": int,
    "worker": int,
    "client": str,
    "listener": "192.0.2.1:7777",
    "endpoint": ENDPOINT,
    "upstream": str,
    "state": "established",
    "age": int,
    "idle": int,
    "downstream_packets": 3,
    "downstream_bytes": 3 * SIZE,
    "upstream_packets": 3,
    "upstream_bytes": 3 * SIZE,
}
SHAPES = {
    "/natterjack/stats": {
        **COUNTERS,
        "sessions_active": CLIENTS,
        "sessions_half_open": 0,
        "sessions_total": CLIENTS,
        "downstream": {"packets": DATAGRAMS, "bytes": DATAGRAMS * SIZE},
        "upstream": {"packets": DATAGRAMS, "bytes": DATAGRAMS * SIZE},
    },
    "/natterjack/workers": [{**COUNTERS, "worker": int, "state": "polling", "busy_percent": int}],
    "/natterjack/sessions,0,20": [SESSION],
    "/natterjack/clusters": [
        {
            "address": ENDPOINT,
            "state": str,
            "sessions": CLIENTS,
            "ports": 49152,
            "downstream_packets": DATAGRAMS,
            "upstream_packets": DATAGRAMS,
        }
    ],
    "/natterjack/ports": [{"device": str, "nic": {"rx_packets": int, "rx_missed": int}}],
    "/natterjack/histograms": {
        "session_duration": {"bucket_1": 0, "bucket_86400": 0, "count": 0, "sum_ns": 0},
        "processing_downstream": {"bucket_0_0000005": int, "count": DATAGRAMS, "sum_ns": int},
        "processing_upstream": {"bucket_0_1": int, "count": DATAGRAMS, "sum_ns": int},
    },
    "/natterjack/neighbors": [{"address": str, "mac": str, "state": "reachable", "age": int}],
}


def misfits(answer, shape, where):
    """Where an answer is not of a shape: a type, a value, an object with at least these keys, or a
    list, not empty, of such."""
    if isinstance(shape, type):
        if not isinstance(answer, shape):
            yield f"{where} is {answer!r}, not of type {shape.__name__}"
    elif isinstance(shape, dict):
        if not isinstance(answer, dict):
            yield f"{where} is {answer!r}, not an object"
            return
        for key, inner in shape.items():
            if key in answer:
                yield from misfits(answer[key], inner, f"{where} {key}")
            else:
                yield f"{where} has no {key}"
    elif isinstance(shape, list):
        if not isinstance(answer, list) or not answer:
            yield f"{where} is {answer!r}, not a list with something in it"
            return
        for i, item in enumerate(answer):
            yield from misfits(item, shape[0], f"{where}[{i}]")
    elif answer != shape:
        yield f"{where} is {answer!r}, not {shape!r}"


def info_and_config(telemetry, options):
    """Identity, ports, files."""
    shape = {
        "id": options.prefix,
        "version": str,
        "dpdk": str,
        "started": int,
        "uptime": int,
        "workers": 2,
        "workers_stalled": 0,
        "manager_idle_ms": int,
        "address_conflicts": 0,
        "state_file_error": "",
        "addresses_unanswered": 0,
        "unanswered": {},
        "ports": {
            number: {
                "name": f"net_af_packet{number},iface={interface}",
                "mac": str,
                "link": "up",
                "role": "both",
                "addresses": {"0": address},
            }
            for number, interface, address in (
                ("0", "c0", "192.0.2.1/24"),
                ("1", "s0", "198.51.100.1/24"),
            )
        },
    }
    yield from misfits(telemetry.ask("/natterjack/info"), shape, "info")
    shape = {
        "appliance": options.directory + "/appliance.yaml",
        "proxy": options.directory + "/proxy.yaml",
        "generation": 1,
        "loaded": int,
        "error": "",
    }
    yield from misfits(telemetry.ask("/natterjack/config"), shape, "config")


def workers(telemetry):
    """There are two, both with sessions, and together they are the totals."""
    each = telemetry.ask("/natterjack/workers")
    total = telemetry.ask("/natterjack/stats")
    if [worker["worker"] for worker in each] != [0, 1]:
        yield f"workers are {[worker['worker'] for worker in each]}"
    for counter in "sessions_active", "sessions_total", "handoffs", "rx_packets":
        if sum(worker[counter] for worker in each) != total[counter]:
            yield f"{counter}: the workers' sum is not the total, {total[counter]}"
    for worker in each:
        if not worker["sessions_active"]:
            yield f"worker {worker['worker']} has no session"
        for direction in "downstream", "upstream":
            if worker[direction]["packets"] > IN_FLIGHT and not worker[direction + "_interval_ns"]:
                yield f"worker {worker['worker']}: no time between {direction} bursts"


def sessions(telemetry):
    """Page by page, each is there once, and the same as when it is asked for alone."""
    found = []
    for offset in range(0, CLIENTS + 7, 7):
        found += telemetry.ask(f"/natterjack/sessions,{offset},7")
    yield from misfits(found, [SESSION], "sessions")
    for key in "id", "client", "upstream":
        if len({session[key] for session in found}) != CLIENTS:
            yield f"the sessions' {key} are not {CLIENTS} different ones"
    same = {key: found[0][key] for key in ("id", "worker", "client", "upstream")}
    yield from misfits(telemetry.ask(f"/natterjack/session,{same['id']}"), same, "session")


def client(telemetry):
    """All of an address's, as far as they fit; those of one port; those of nobody."""
    found = telemetry.ask("/natterjack/client,192.0.2.2")
    everybody = telemetry.ask("/natterjack/sessions,0,32")
    if [one["id"] for one in found] != [one["id"] for one in everybody] or len(found) != 32:
        yield f"of 192.0.2.2 there are {len(found)} sessions"
    one = telemetry.ask("/natterjack/client," + everybody[3]["client"])
    yield from misfits(one, [{**SESSION, "client": everybody[3]["client"]}], "one client")
    for nobody in "192.0.2.3", "192.0.2.2:1", "2001:db8::2", "[2001:db8::2]:5":
        if telemetry.ask("/natterjack/client," + nobody) != []:
            yield f"{nobody} has a session"


def histograms(telemetry):
    """Every bucket holds those before it, and nothing took longer than its test."""
    for name, histogram in telemetry.ask("/natterjack/histograms").items():
        buckets = [value for key, value in histogram.items() if key.startswith("bucket_")]
        if buckets != sorted(buckets) or buckets[-1] > histogram["count"] or len(buckets) != 11:
            yield f"{name} has the buckets {histogram}"
        if (histogram["sum_ns"] > 0) != (histogram["count"] > 0):
            yield f"{name} has the sum {histogram}"


def filters(telemetry):
    """In their order, each with its own counters; pages are parts of the same."""
    each = telemetry.ask("/natterjack/filters")
    bucket = {"read_bucket_0_005": int, "read_bucket_10": int, "write_count": 0}
    expected = [
        ("0", "capture.v1alpha1.Capture", "", DATAGRAMS, {}),
        ("1", "timestamp.v1alpha1.Timestamp", "", DATAGRAMS, bucket),
        ("2", "match.v1alpha1.Match", "", DATAGRAMS, {"read_matched": 0, "read_fallthrough": DATAGRAMS}),
        ("2/on_read/0", "drop.v1alpha1.Drop", "", 0, {}),
        ("2/on_read/fallthrough", "pass.v1alpha1.Pass", "others", DATAGRAMS, {}),
    ]
    if len(each) != len(expected):
        yield f"filters are {[one.get('path') for one in each]}"
    for one, (path, name, label, packets, counters) in zip(each, expected):
        shape = {
            "filter": int(path[0]),
            "path": path,
            "name": name,
            "label": label,
            "read_packets": packets,
            "read_dropped": 0,
            "write_dropped": 0,
            "counters": counters,
        }
        yield from misfits(one, shape, f"filter {path}")
        if not counters and one["counters"]:
            yield f"filter {path} has counters {one['counters']}"
    if telemetry.ask("/natterjack/filters,1,2") != each[1:3]:
        yield "a page of filters is not a part of all"


def nonsense(telemetry):
    """What is not there, or is no number, is answered with nothing."""
    for parameters in "session,999999", "session,x", "session", "sessions,x", "sessions,0,-1", "client", "client,x":
        answer = telemetry.ask("/natterjack/" + parameters)
        if answer:
            yield f"{parameters} is answered with {answer}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dpdk", action="store_true", help="ask with dpdk-telemetry.py")
    parser.add_argument("prefix")
    parser.add_argument("directory", help="where both files are")
    options = parser.parse_args()
    faults = []
    with (DpdkTelemetry if options.dpdk else Telemetry)(options.prefix) as telemetry:
        for command, shape in SHAPES.items():
            faults += misfits(telemetry.ask(command), shape, command)
        faults += info_and_config(telemetry, options)
        faults += workers(telemetry)
        faults += sessions(telemetry)
        faults += client(telemetry)
        faults += histograms(telemetry)
        faults += filters(telemetry)
        faults += nonsense(telemetry)
    print(f"{len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
