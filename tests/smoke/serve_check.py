#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What njctl serve answers: serve_check.py nobody ADDRESS, running ADDRESS PREFIX; or that it comes to
answer a path so: until ADDRESS PATH STATUS TEXT"""

import http.client
import json
import pathlib
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import exposition  # noqa: E402
from telemetry import Telemetry  # noqa: E402

PATHS = "/", "/metrics", "/live", "/ready", "/config", "/status.json", "/history.json"
NOBODY = "no natterjack is running (nobody listens at "


class Server:
    """At an address; a connection for each question, as it wants it."""

    def __init__(self, address):
        self.host, _, port = address.rpartition(":")
        self.host, self.port = self.host.strip("[]"), int(port)

    def ask(self, path, method="GET", body=None):
        """Status, headers, body."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        connection.request(method, path, body)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, dict(reply.getheaders()), text

    def until(self, path, status, text=""):
        """Asks until it is so; what is amiss where it does not come to be."""
        deadline = time.monotonic() + 20
        while True:
            found, _, said = self.ask(path)
            if found == status and text in said:
                return []
            if time.monotonic() > deadline:
                return [f"{path} stays {found} {said[:200]!r}, not {status} {text!r}"]


def headers(server):
    """Each answer forbids what it can."""
    for path in PATHS:
        _, got, _ = server.ask(path)
        policy = got.get("Content-Security-Policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy or "http" in policy:
            yield f"{path} has the policy {policy!r}"
        if got.get("X-Content-Type-Options") != "nosniff" or got.get("Cache-Control") != "no-store":
            yield f"{path} has the headers {got}"


def methods(server):
    """Nothing but reading."""
    for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FROBNICATE":
        for path in "/", "/live", "/reload":
            status, got, _ = server.ask(path, method, body="x" * 1000)
            if status != 405 or got.get("Allow") != "GET, HEAD":
                yield f"{method} {path}: {status} {got}"
    for path in PATHS:
        status, got, text = server.ask(path, "HEAD")
        if text or int(got["Content-Length"]) == 0 or status not in (200, 503):
            yield f"HEAD {path}: {status} {got}"
    for path in "/nope", "/metrics/", "//", "/..%2f..%2fetc/passwd", "/" + "x" * 4000:
        status, _, text = server.ask(path)
        if (status, text) != (404, "no such path"):
            yield f"{path}: {status} {text!r}"


def nobody(server):
    """Without a natterjack there is the page, and it can say so; all else is not available."""
    yield from server.until("/live", 503, NOBODY)
    for path in "/metrics", "/ready", "/config", "/status.json", "/client.json?client=192.0.2.2":
        status, got, text = server.ask(path)
        if status != 503 or NOBODY not in text or not got["Content-Type"].startswith("text/plain"):
            yield f"{path} without a natterjack: {status} {text!r}"
    status, got, text = server.ask("/")
    if status != 200 or "<!doctype html>" not in text or "text/html" not in got["Content-Type"]:
        yield f"the page without a natterjack: {status} {got}"
    status, _, text = server.ask("/history.json")
    if status != 200 or any("down" in second for second in json.loads(text)):
        yield f"the past without a natterjack: {text}"


def metrics(server):
    """As njctl metrics has them, and without a word of promtool's."""
    status, got, text = server.ask("/metrics")
    page = exposition.read(text)
    yield from page.faults
    if status != 200 or got["Content-Type"] != "text/plain; version=0.0.4; charset=utf-8":
        yield f"/metrics: {status} {got}"
    if page.samples.get(("natterjack_sessions_active", ())) != 41:
        yield "/metrics has no 41 sessions"
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
    )
    if done.returncode or done.stdout or done.stderr:
        yield f"promtool: {done.returncode} {done.stdout}{done.stderr}"


def clients(server, telemetry):
    """Their sessions, and what is no address."""
    sessions = telemetry.ask("/natterjack/sessions,0,32")
    one = sessions[5]
    for client, ids in (
        (one["client"], [one["id"]]),
        ("192.0.2.2", [session["id"] for session in sessions]),
        ("192.0.2.77", []),
    ):
        status, _, text = server.ask("/client.json?client=" + client)
        if status != 200 or [session["id"] for session in json.loads(text)] != ids:
            yield f"the sessions of {client}: {status} {text[:200]}"
    for wrong in "", "?client=", "?client=x", "?client=1.2.3.4,5", "?client=" + "1" * 3000:
        status, _, text = server.ask("/client.json" + wrong)
        if status != 400 or not text.startswith("a client is like 192.0.2.7"):
            yield f"/client.json{wrong[:20]}: {status} {text[:200]!r}"


def running(server, prefix):
    """With one that had 41 clients."""
    yield from server.until("/live", 200, "ok")
    yield from server.until("/ready", 200, "ok")
    yield from server.until("/status.json", 200, '"sessions_active":41')
    with Telemetry(prefix) as telemetry:
        yield from clients(server, telemetry)
        clusters = telemetry.ask("/natterjack/clusters")
    config = json.loads(server.ask("/config")[2])
    if [one["address"] for one in config["endpoints"]] != [one["address"] for one in clusters]:
        yield f"/config has the endpoints {config['endpoints']}"
    if config["id"] != prefix or config["config"]["generation"] != 1:
        yield f"/config is {config}"
    if [one["name"] for one in config["filters"]] != ["load_balancer.v1alpha1.LoadBalancer"]:
        yield f"/config has the filters {config['filters']}"
    yield from metrics(server)


def until(server, path, status, text):
    yield from server.until(path, int(status), text)


def main(state, address, *rest):
    server = Server(address)
    faults = [*{"nobody": nobody, "running": running, "until": until}[state](server, *rest)]
    if state != "until":
        faults += [*headers(server), *methods(server)]
    print(f"{state}: {len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
