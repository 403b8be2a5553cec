#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Both ends of reload.sh, and who changes the file in between.

    reload.py file                                       prints the file of generation 1
    reload.py signal|watch NAMESPACE PREFIX PID DIRECTORY RELOADS

Two policies are in force in turn: the same token means server A, then server B. While a reload is
under way either is right, and from its acknowledgement on only the new one.
"""

import itertools
import json
import os
import pathlib
import re
import select
import signal
import sys
import time

from both_ends import Fault, Telemetry, Traffic, payload, proxy_file

BETWEEN = 24  # datagrams that are back before the next reload
STEP_SECONDS = 20  # that anything may take
CLIENTS, CLIENT_ADDRESSES = 8, 4
A, B = ("198.51.100.2", 26000), ("198.51.100.2", 26001)
TOKEN, OTHER = b"token", b"other"
ROUTER = ("token_router.v1alpha1.TokenRouter", {})
SIZES = [64, 16, 200, 1467]
DRAINED = 5  # datagrams that a new client sends in vain
DRAINING = "endpoint_draining", "load_balancer/no_endpoint"  # why, without and with a balancer


def token_chain(form, size):
    """A file's era, and filters that have a token of so many bytes say where a datagram goes: in one
    of three forms."""
    if form == 0:
        capture = {"suffix": {"size": size, "remove": True}}
        return 2, [("capture.v1alpha1.Capture", capture), ROUTER]
    if form == 1:
        capture = {"metadataKey": "t", "suffix": {"size": size, "remove": True}}
        router = ("token_router.v1alpha1.TokenRouter", {"metadataKey": "t"})
        balancer = ("load_balancer.v1alpha1.LoadBalancer", {"policy": "ROUND_ROBIN"})
        return 2, [("capture.v1alpha1.Capture", capture), router, balancer]
    capture = {"size": size, "remove": True}
    return 1, [("capture_bytes.v1alpha1.CaptureBytes", capture), ROUTER]


def good_file(number):
    """Policy number 0, 2, 4 … routes to A, the others to B. By turns there is another endpoint or
    none, and the filters and the file's era change."""
    here, there = (A, B) if number % 2 == 0 else (B, A)
    era, chain = token_chain(number // 2 % 3, len(TOKEN))
    endpoints = [(there, [OTHER]), (here, [OTHER + b"2", TOKEN])]
    return proxy_file(era, chain, endpoints[number % 4 // 2 :])


def bad_file(number):
    """A file that cannot be, and what is said of it; each is another."""
    file = json.loads(good_file(0))
    if number // 12 % 3 == 0:
        file[f"nonsense{number}"] = 1
    elif number // 12 % 3 == 1:
        file["version"] = f"nonsense{number}"
    else:
        file["filters"][0]["name"] = f"quilkin.filters.nonsense{number}"
    return json.dumps(file, indent=1), f"nonsense{number}"


class Script:
    """What happens meanwhile: a generator that yields a telemetry command and gets its answer, or a
    condition and goes on when it is true."""

    def __init__(self, steps, traffic, prefix):
        self.steps, self.traffic = steps, traffic
        self.telemetry = Telemetry(prefix)
        self.wanted = None
        self.done = False
        traffic.add_reader(self.telemetry.socket.fileno(), self.take_answer)
        self.go_on()

    def go_on(self, answer=None):
        """To its next wish."""
        self.deadline = time.monotonic() + STEP_SECONDS
        try:
            self.wanted = self.steps.send(answer)
        except StopIteration:
            self.done = True
        except Fault as fault:
            self.stop(fault)
        else:
            if isinstance(self.wanted, str):
                self.telemetry.socket.send(self.wanted.encode())

    def take_answer(self):
        """To the command that was sent."""
        answer = json.loads(self.telemetry.socket.recv(self.telemetry.greeting["max_output_len"]))
        self.go_on(next(iter(answer.values())))

    def look(self):
        """Whether it is over; to be called again and again."""
        if not self.done and callable(self.wanted) and self.wanted():
            self.go_on()
        if not self.done and time.monotonic() > self.deadline:
            self.stop("waits in vain for " + getattr(self.wanted, "__doc__", self.wanted))
        return self.done

    def stop(self, fault):
        """Ends it."""
        self.traffic.fault(f"script: {fault}")
        self.done = True


def until(command, what, right):
    """Asks until the answer is right, and returns it."""
    deadline = time.monotonic() + STEP_SECONDS
    while True:
        answer = yield command
        if right(answer):
            return answer
        if time.monotonic() > deadline:
            raise Fault(f"{what} does not come: {str(answer)[:400]}")


class Reloads:
    """The file, natterjack, and what should be in force."""

    def __init__(self, how, traffic, servers, options):
        self.how, self.traffic, self.servers = how, traffic, servers
        self.pid, self.directory = int(options[0]), pathlib.Path(options[1])
        self.reloads = int(options[2])
        self.right = {servers[0]}
        self.generation = 1
        self.policy = 0  # the number of the last good one
        self.said = []  # of the bad files

    def jobs(self, script):
        """All clients send in turn, each its own numbers, until the script is over."""
        for number in itertools.count():
            for client in self.traffic.clients[:CLIENTS]:
                if script.look():
                    return
                data = payload(f"{client.number}/{number}", SIZES[number % len(SIZES)])
                yield client, data, self.right, TOKEN

    def write(self, text, in_place):
        """A new file in the old one's place, or the old one with another content."""
        path = self.directory / "proxy.yaml"
        if in_place:
            path.write_text(text)
            return
        other = self.directory / "proxy.yaml.new"
        other.write_text(text)
        other.rename(path)

    def flows(self, datagrams):
        """A condition: so many more are back."""
        goal = self.traffic.returned + datagrams

        def more_are_back():
            """datagrams to come back"""
            return self.traffic.returned >= goal

        return more_are_back

    def reload(self, number, text, generation, error):
        """Has the file read, and returns when the outcome is acknowledged."""
        self.write(text, in_place=number % 5 < 2)
        if self.how == "signal" and number % 3 == 0:
            answer = yield "/natterjack/reload"
            if (answer["result"] == "ok") != (error == ""):
                raise Fault(f"reload {number}: {answer}")
            if error and error not in " ".join(answer["errors"]):
                raise Fault(f"reload {number}: {answer} does not speak of {error}")
        elif self.how == "signal":
            os.kill(self.pid, signal.SIGHUP)
        config = yield from until(
            "/natterjack/config",
            f"generation {generation}, error '{error}', of reload {number}",
            lambda config: config["generation"] >= generation and error in config["error"],
        )
        if config["generation"] != generation:
            raise Fault(f"reload {number}: generation {config['generation']}, not {generation}")

    def good(self, number):
        """The next policy comes into force."""
        self.policy += 1
        policy = self.policy
        old, new = self.right, {self.servers[policy % 2]}
        self.right = old | new
        self.traffic.allow(new)
        self.generation += 1
        yield from self.reload(number, good_file(policy), self.generation, "")
        self.right = new
        yield from until("/natterjack/config", "no error", lambda config: config["error"] == "")
        # Sessions with an endpoint that the policy does not have (any more) live on.
        for server in old - new:
            for client in self.traffic.clients[:CLIENTS]:
                data = payload(f"push {self.generation}/{client.number}", 64)
                self.traffic.push(server, client, data)

    def bad(self, number):
        """A bad file changes nothing."""
        text, said = bad_file(number)
        self.said.append(said)
        yield from self.reload(number, text, self.generation, said)

    def drain(self, verb, address, result):
        """Drains an endpoint, or undoes it."""
        answer = yield "/natterjack/endpoint,{},{}:{}".format(verb, *address)
        if answer["result"] != result:
            raise Fault(f"{verb} {address}: {answer}")

    def send_in_vain(self, dropped):
        """Nothing of a new client comes anywhere, and a counter tells why."""
        client = self.traffic.add_client("192.0.2.2")
        for i in range(DRAINED):
            client.socket.send(payload(f"in vain {client.number}/{i}", 64) + TOKEN)
        yield from until(
            "/natterjack/stats",
            f"{dropped} dropped because the endpoint drains",
            lambda stats: sum(stats["dropped"][reason] for reason in DRAINING) == dropped,
        )
        return client

    def draining(self):
        """Old sessions go on, new clients are not sent there, also behind a reload; until it is
        undone."""
        while self.policy % 6 != 0:  # which is to A, without a balancer; the next to A has one
            yield from self.good(self.reloads)
        yield from self.drain("drain", A, "ok")
        yield from self.drain("drain", ("198.51.100.99", 1), "refused")
        client = yield from self.send_in_vain(DRAINED)
        yield self.flows(10 * BETWEEN)
        yield from self.good(self.reloads)
        yield self.flows(BETWEEN)
        yield from self.good(self.reloads)
        yield from self.send_in_vain(2 * DRAINED)
        clusters = yield "/natterjack/clusters"
        states = {endpoint["address"]: endpoint["state"] for endpoint in clusters}
        if states["{}:{}".format(*A)] != "draining":
            raise Fault(f"drained, but {states}")
        yield from self.send_in_vain(3 * DRAINED)
        yield from self.drain("undrain", A, "ok")
        self.traffic.send(client, payload("not in vain", 64), self.right, TOKEN)
        yield self.flows(BETWEEN)

    def steps(self):
        """All that happens."""
        yield self.flows(4 * CLIENTS)
        for number in range(self.reloads):
            yield from (self.bad if number % 2 == 1 else self.good)(number)
            yield self.flows(BETWEEN)
        yield from self.draining()
        config = yield "/natterjack/config"
        if config["generation"] != self.generation:
            raise Fault(f"generation {config['generation']} at the end, not {self.generation}")

    def missing_in_log(self):
        """What the log does not speak of, of bad files and generations, and how many lines it says
        that it left out."""
        log = (self.directory / "natterjack.log").read_text()
        wanted = [re.escape(f"{said}'") for said in self.said]
        wanted += [
            rf"event=policy_in_force .*generation={generation}\n"
            for generation in range(2, self.generation + 1)
        ]
        left_out = sum(map(int, re.findall(r"type=reload event=left_out lines=(\d+)", log)))
        return [line for line in wanted if not re.search(line, log)], left_out

    def check_log(self):
        """What was left out of a second is said in the next."""
        deadline = time.monotonic() + 10
        missing, left_out = self.missing_in_log()
        while len(missing) > left_out and time.monotonic() < deadline:
            select.select([], [], [], 0.05)
            missing, left_out = self.missing_in_log()
        if "event=port_kept" in (self.directory / "natterjack.log").read_text():
            self.traffic.fault("the log speaks of a port that nobody listens on")
        if len(missing) > left_out:
            self.traffic.fault(f"the log does not speak of {missing}, and {left_out} were left out")
        print(
            f"{self.reloads} reloads, {len(self.said)} of them refused; generation {self.generation}"
        )


def main(how, namespace, prefix, *options):
    traffic = Traffic(CLIENTS + 8)
    servers = traffic.add_servers(namespace, [A, B])
    for i in range(CLIENTS):
        traffic.add_client(f"192.0.2.{2 + i % CLIENT_ADDRESSES}")
    reloads = Reloads(how, traffic, servers, options)
    traffic.run(reloads.jobs(Script(reloads.steps(), traffic, prefix)))
    reloads.check_log()
    return traffic.report()


if __name__ == "__main__":
    if sys.argv[1:] == ["file"]:
        print(good_file(0), end="")
    else:
        sys.exit(main(*sys.argv[1:]))
