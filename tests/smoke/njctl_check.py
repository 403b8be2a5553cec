#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What njctl shows, as tables, JSON and metrics, is what telemetry says: NJCTL PREFIX"""

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

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import exposition  # noqa: E402
from telemetry import Telemetry  # noqa: E402
from telemetry_check import COUNTERS, misfits  # noqa: E402

SESSIONS = 41
LISTS = {
    "workers": {**COUNTERS, "worker": int, "state": "polling", "polls": int, "busy_percent": int},
    "clusters": {"cluster": int, "address": str, "state": "active", "sessions": SESSIONS},
    "filters": {"path": str, "name": str, "label": str, "read_packets": int, "counters": {}},
    "neighbors": {"address": str, "mac": str, "state": str, "port": int, "age": int},
    "sessions": {"id": int, "client": str, "endpoint": str, "upstream": str, "state": str},
}
CONFIG = {"appliance": str, "proxy": str, "generation": 1, "loaded": int, "error": ""}
MOVES = {"uptime", "manager_idle_ms", "age", "idle", "polls", "polls_busy", "busy_percent", "state"}
LABELS = {
    *("id", "version", "dpdk", "port", "device", "worker", "direction", "reason", "state"),
    *("cluster", "endpoint", "filter", "name", "label", "event", "le"),
}


def still(answer):
    """An answer without what moves by itself."""
    if isinstance(answer, dict):
        return {key: still(value) for key, value in answer.items() if key not in MOVES}
    return [still(item) for item in answer] if isinstance(answer, list) else answer

# What telemetry's objects have, beside their drops: each is a metric, a label, or made of the others.
MEMBERS = {
    "info": "id version dpdk started uptime workers workers_stalled manager_idle_ms address_conflicts state_file_error addresses_unanswered unanswered router ports",
    "config": "appliance proxy generation loaded error",
    "stats": (
        "rx_packets rx_bytes tx_packets tx_bytes copied local originated originated_lost dropped "
        "in_flight sessions_active sessions_half_open sessions_capacity qcmp_answered "
        "sessions_total sessions_restored sessions_expired "
        "sessions_evicted sessions_ended sessions_rejected handoffs logs_left_out downstream upstream"
    ),
    "workers": (
        "worker state polls polls_busy busy_percent downstream_interval_ns upstream_interval_ns"
    ),
    "ports": "port device nic",
    "clusters": (
        "cluster locality endpoint address state sessions ports downstream_packets downstream_bytes "
        "upstream_packets upstream_bytes unreachable path_mtu"
    ),
    "filters": (
        "filter path name label read_packets read_dropped write_packets write_dropped counters "
        "read_timed read_ns write_timed write_ns"
    ),
    "neighbors": "address mac state port age",
    "histograms": "session_duration processing_downstream processing_upstream",
}


class Njctl:
    """The program, for one natterjack."""

    def __init__(self, program, prefix):
        self.command = [program, "-p", prefix]

    def run(self, *arguments, **environment):
        """Its output; it has to succeed without a word on standard error."""
        done = subprocess.run(
            [*self.command, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )
        if done.returncode or done.stderr:
            sys.exit(f"njctl {arguments}: {done.returncode} {done.stderr}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.run("-j", *arguments))

    def terminal(self, *arguments, columns=60, **environment):
        """What it writes on a terminal."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm", **environment}
        variables.pop("COLUMNS", None)
        process = subprocess.Popen([*self.command, *arguments], stdout=theirs, env=variables)
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 4096):
                text += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        if process.wait():
            sys.exit(f"njctl {arguments} on a terminal: {process.returncode}")
        return text.decode()


def whole_list(telemetry, name):
    """Page by page."""
    items = []
    while page := telemetry.ask(f"/natterjack/{name},{len(items)},10"):
        items += page
    return items


def same_as_telemetry(njctl, telemetry):
    """-j is what the socket answers, and has the members that scripts count on."""
    for name, shape in LISTS.items():
        shown = njctl.json(name)
        yield from misfits(shown, [shape], name)
        if still(shown) != still(whole_list(telemetry, name)):
            yield f"-j {name} is not what telemetry says"
    yield from misfits(njctl.json("config"), CONFIG, "config")
    yield from misfits(njctl.json("stats"), COUNTERS, "stats")
    status = njctl.json("status")
    for name in "info", "config", "stats":
        answer = still(telemetry.ask("/natterjack/" + name))
        if still(status.get(name)) != answer:
            yield f"-j status has another {name}"
        if name != "info" and still(njctl.json(name)) != answer:
            yield f"-j {name} is not what telemetry says"


def selections(njctl, telemetry):
    """--client and --endpoint."""
    sessions = whole_list(telemetry, "sessions")
    one = sessions[7]
    for arguments, wanted in (
        ([], sessions),
        (["--client", one["client"]], [one]),
        (["--client", one["client"].rpartition(":")[0]], sessions),
        (["--client", "192.0.2.9"], []),
        (["--client", "2001:db8::1"], []),
        (["--client", "[2001:db8::1]:9"], []),
        (["--endpoint", one["endpoint"]], sessions),
        (["--endpoint", "198.51.100.2:9"], []),
        (["--client", one["client"], "--endpoint", "198.51.100.2"], [one]),
    ):
        if still(njctl.json("sessions", *arguments)) != still(wanted):
            yield f"sessions {arguments} are not {len(wanted)}"


def tables(njctl, telemetry):
    """A line for each item below the heading, with its first text in full, and as wide as it may be."""
    for name, key in {
        "sessions": "client",
        "clusters": "address",
        "neighbors": "mac",
        "workers": "rx_packets",
        "filters": "name",
    }.items():
        lines = njctl.run(name).splitlines()
        items = whole_list(telemetry, name)
        for line, item in zip(lines[1:], items, strict=False):
            if str(item[key]) not in line.split():
                yield f"{name}: no {item[key]} in {line!r}"
        if len(lines) <= len(items):
            yield f"{name}: {len(lines)} lines for {len(items)}"
    for columns in 20, 40, 60, 80:
        for name in *LISTS, "status", "config", "log", "stats":
            if name == "stats" and columns == 20:
                continue  # its headings alone are as wide
            for line in njctl.run(name, COLUMNS=str(columns)).splitlines():
                if len(line) > columns or line != line.rstrip():
                    yield f"{name} in {columns} columns: {line!r}"


def shown_numbers(njctl, telemetry):
    """What `stats` and `status` show for people."""
    stats, lines = telemetry.ask("/natterjack/stats"), njctl.run("stats").splitlines()
    for heading, value in {
        "received": stats["rx_packets"],
        "transmitted": stats["tx_packets"],
        "dropped": sum(stats["dropped"].values()),
        "upstream bytes": stats["upstream"]["bytes"],
        "sessions active": SESSIONS,
    }.items():
        if not any(re.fullmatch(rf"{heading} +{value}", line) for line in lines):
            yield f"stats shows no {heading} of {value}"
    status = njctl.run("status")
    for text in "192.0.2.1/24", "net_af_packet0,iface=c0", "up for", "last error  -":
        if text not in status:
            yield f"status shows no {text}"


def terminals(njctl):
    """Colour there only, and as wide as the terminal."""
    escape = re.compile(r"\x1b\[[0-9;]*m")
    text = njctl.terminal("status")
    if not escape.search(text):
        yield "no colour on a terminal"
    for line in escape.sub("", text).splitlines():
        if len(line) > 60:
            yield f"too wide for the terminal: {line!r}"
    for name, text in {
        "a pipe": njctl.run("status", TERM="xterm"),
        "NO_COLOR": njctl.terminal("status", NO_COLOR="1"),
        "TERM=dumb": njctl.terminal("status", TERM="dumb"),
        "-j": njctl.terminal("-j", "status"),
    }.items():
        if escape.search(text):
            yield f"colour with {name}"


def metric_values(telemetry):
    """What metrics have to say: a name, labels, a value."""
    stats = telemetry.ask("/natterjack/stats")
    config = telemetry.ask("/natterjack/config")
    counters = [("natterjack_", {}, stats)]
    for worker in whole_list(telemetry, "workers"):
        counters.append(("natterjack_worker_", {"worker": str(worker["worker"])}, worker))
    for port in whole_list(telemetry, "ports"):
        labels = {"port": str(port["port"]), "device": port["device"]}
        counters.append(("natterjack_port_", labels, port))
    for prefix, labels, answer in counters:
        for side, direction in ("rx", "receive"), ("tx", "transmit"):
            for what in "packets", "bytes":
                way = {**labels, "direction": direction}
                yield f"{prefix}{what}_total", way, answer[f"{side}_{what}"]
        for what in "copied", "local", "originated", "originated_lost":
            yield f"{prefix}{what}_packets_total", labels, answer[what]
        for reason, packets in answer["dropped"].items():
            yield f"{prefix}dropped_packets_total", {**labels, "reason": reason}, packets
        if "device" in labels:
            continue
        for direction in "downstream", "upstream":
            way = {**labels, "direction": direction}
            yield f"{prefix}datagrams_total", way, answer[direction]["packets"]
            yield f"{prefix}payload_bytes_total", way, answer[direction]["bytes"]
        yield f"{prefix}qcmp_answered_total", labels, 0
        for what in "active", "half_open", "total", "capacity":
            yield f"{prefix}sessions_{what}", labels, answer[f"sessions_{what}"]
        for what in "expired", "evicted", "ended", "rejected":
            yield f"{prefix}sessions_{what}_total", labels, answer[f"sessions_{what}"]
        if "worker" in labels:
            yield "natterjack_worker_stalled", labels, 0
            for direction in "downstream", "upstream":
                way = {**labels, "direction": direction}
                interval = answer[direction + "_interval_ns"] / 1e9
                yield "natterjack_worker_burst_interval_seconds", way, interval
        for what in "handoffs", "logs_left_out":
            yield f"{prefix}{what}_total", labels, answer[what]
    yield "natterjack_config_generation", {}, config["generation"]
    yield "natterjack_config_last_load_timestamp_seconds", {}, config["loaded"]
    yield "natterjack_config_last_load_successful", {}, 1
    yield "natterjack_workers", {}, 2
    yield "natterjack_workers_stalled", {}, 0
    yield "natterjack_addresses_unanswered", {}, 0
    yield from port_values(telemetry)
    yield from histogram_values(telemetry)
    yield from endpoint_values(telemetry)
    yield from filter_values(telemetry)


def without_metric(telemetry):
    """What telemetry has come to say, and njctl has no metric for."""
    for name, members in MEMBERS.items():
        answer = telemetry.ask("/natterjack/" + name)
        known = set(members.split())
        if name in ("workers", "ports"):
            known |= set(MEMBERS["stats"].split())
        for item in answer if isinstance(answer, list) else [answer]:
            for member in set(item) - known:
                yield f"{name} have {member}, which is not among the metrics"


def port_values(telemetry):
    """What NICs count themselves."""
    for port in whole_list(telemetry, "ports"):
        labels = {"port": str(port["port"]), "device": port["device"]}
        yield "natterjack_port_nic_missed_packets_total", labels, port["nic"]["rx_missed"]
        yield "natterjack_port_nic_no_mbufs_total", labels, port["nic"]["rx_no_mbufs"]
        for side, direction in ("rx", "receive"), ("tx", "transmit"):
            way = {**labels, "direction": direction}
            yield "natterjack_port_nic_packets_total", way, port["nic"][side + "_packets"]
            yield "natterjack_port_nic_errors_total", way, port["nic"][side + "_errors"]


def histogram_values(telemetry):
    """Durations of sessions, and of the work on datagrams."""
    all_of_them = telemetry.ask("/natterjack/histograms")
    for member, name, labels in (
        ("session_duration", "natterjack_session_duration_seconds", {}),
        ("processing_downstream", "natterjack_processing_seconds", {"direction": "downstream"}),
        ("processing_upstream", "natterjack_processing_seconds", {"direction": "upstream"}),
    ):
        histogram = all_of_them[member]
        yield name + "_count", labels, histogram["count"]
        yield name + "_bucket", {**labels, "le": "+Inf"}, histogram["count"]
        yield name + "_sum", labels, histogram["sum_ns"] / 1e9
        for key, value in histogram.items():
            if key.startswith("bucket_"):
                bound = key.removeprefix("bucket_").replace("_", ".")
                yield name + "_bucket", {**labels, "le": bound}, value


def endpoint_values(telemetry):
    for endpoint in whole_list(telemetry, "clusters"):
        labels = {"cluster": str(endpoint["cluster"]), "endpoint": endpoint["address"]}
        yield "natterjack_endpoint_sessions", labels, endpoint["sessions"]
        yield "natterjack_endpoint_active", labels, 1
        yield "natterjack_endpoint_ports", labels, endpoint["ports"]
        yield "natterjack_endpoint_unreachable_total", labels, endpoint["unreachable"]
        yield "natterjack_endpoint_path_mtu_bytes", labels, endpoint["path_mtu"]
        for direction in "downstream", "upstream":
            way = {**labels, "direction": direction}
            packets, size = endpoint[direction + "_packets"], endpoint[direction + "_bytes"]
            yield "natterjack_endpoint_datagrams_total", way, packets
            yield "natterjack_endpoint_payload_bytes_total", way, size


def filter_values(telemetry):
    for one in whole_list(telemetry, "filters"):
        labels = {"filter": one["path"], "name": one["name"]}
        if one["label"]:
            labels["label"] = one["label"]
        for way in "read", "write":
            both = {**labels, "direction": way}
            yield "natterjack_filter_packets_total", both, one[way + "_packets"]
            yield "natterjack_filter_dropped_packets_total", both, one[way + "_dropped"]
            yield "natterjack_filter_timed_packets_total", both, one[way + "_timed"]
            yield "natterjack_filter_timed_seconds_total", both, one[way + "_ns"] / 1e9
            if one["name"].startswith("timestamp"):
                name, own = "natterjack_filter_timestamp_age_seconds", one["counters"]
                yield name + "_count", both, own[way + "_count"]
                yield name + "_sum", both, own[way + "_sum_ms"] / 1000
                for le, bucket in ("0.005", "0_005"), ("2.5", "2_5"), ("10", "10"):
                    value = own[f"{way}_bucket_{bucket}"]
                    yield name + "_bucket", {**both, "le": le}, value
                ahead = own[way + "_ahead_ms"] / 1000
                yield "natterjack_filter_timestamp_ahead_seconds_total", both, ahead
        if one["name"].startswith("match"):
            labels |= {"direction": "read", "event": "fallthrough"}
            packets = one["counters"]["read_fallthrough"]
            yield "natterjack_filter_events_total", labels, packets


def metrics(njctl, telemetry):
    """Prometheus takes them, and they are telemetry's figures."""
    text = njctl.run("metrics")
    page = exposition.read(text)
    yield from page.faults
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
    )
    if done.returncode or done.stdout or done.stderr:
        yield f"promtool: {done.returncode} {done.stdout}{done.stderr}"
    for name, labels, value in metric_values(telemetry):
        found = page.samples.get((name, tuple(sorted(labels.items()))))
        if found != value:
            yield f"{name}{labels} is {found}, not {value}"
    labels = {label for _, pairs in page.samples for label, _ in pairs}
    if labels - LABELS:
        yield f"labels {labels - LABELS} are not of the closed set"
    age = "natterjack_filter_timestamp_age_seconds_bucket"
    counts = {
        dict(pairs)["le"]: value
        for (name, pairs), value in page.samples.items()
        if name == age and ("direction", "read") in pairs
    }
    if counts["+Inf"] < 4 or counts["0.5"] == counts["+Inf"]:
        yield f"the ages are {counts}"


def main():
    njctl = Njctl(*sys.argv[1:])
    with Telemetry(sys.argv[2]) as telemetry:
        faults = [
            *same_as_telemetry(njctl, telemetry),
            *selections(njctl, telemetry),
            *tables(njctl, telemetry),
            *shown_numbers(njctl, telemetry),
            *terminals(njctl),
            *metrics(njctl, telemetry),
            *without_metric(telemetry),
        ]
    print(f"{len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
