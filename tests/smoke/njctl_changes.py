#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""njctl reload, drain and undrain, where they succeed and where not: NJCTL PREFIX PROXY.YAML"""

import json
import pathlib
import subprocess
import sys

ENDPOINT = "198.51.100.2:26000"


class Njctl:
    """The program, and what was wrong with its answers."""

    def __init__(self, program, prefix):
        self.command = [program, "-p", prefix]
        self.faults = []

    def run(self, *arguments):
        return subprocess.run([*self.command, *arguments], capture_output=True, text=True)

    def expect(self, arguments, status, output="", error=""):
        """Runs it; the last line on standard error is njctl's own."""
        done = self.run(*arguments)
        last = done.stderr.splitlines()[-1:] or [""]
        if done.returncode != status or output not in done.stdout or error not in done.stderr:
            self.faults.append(f"{arguments}: {done}")
        if bool(done.stderr) != bool(error) or error and not last[0].startswith("njctl: "):
            self.faults.append(f"{arguments}: {done.stderr!r} on standard error")

    def expect_metric(self, name, value):
        lines = [line for line in self.run("metrics").stdout.splitlines() if line.startswith(name)]
        if [float(line.rpartition(" ")[2]) for line in lines] != [value]:
            self.faults.append(f"{name} is {lines}, not {value}")

    def expect_state(self, state):
        states = [one["state"] for one in json.loads(self.run("-j", "clusters").stdout)]
        if states != [state]:
            self.faults.append(f"endpoints are {states}, not {state}")
        self.expect(["clusters"], 0, state)
        self.expect_metric("natterjack_endpoint_active", int(state == "active"))


def drains(njctl):
    """Only the endpoint named, and only if it is there."""
    njctl.expect(["drain", ENDPOINT], 0, "ok")
    njctl.expect_state("draining")
    njctl.expect(["-j", "drain", ENDPOINT], 0, '"result": "ok"')
    njctl.expect(["undrain", ENDPOINT], 0, "ok")
    njctl.expect_state("active")
    njctl.expect(["drain", "198.51.100.2:9"], 1, "", "198.51.100.2:9: no such endpoint")
    njctl.expect(["undrain", "[2001:db8::0:1]:9"], 1, "", "[2001:db8::1]:9: no such endpoint")
    njctl.expect(["-j", "drain", "198.51.100.2:9"], 1, '"refused"', "no such endpoint")
    njctl.expect_state("active")


def reloads(njctl, path):
    """A good file is in force; a bad one changes nothing, and what is wrong is said."""
    good = path.read_text()
    njctl.expect(["reload"], 0, "ok, generation 2")
    njctl.expect(["-j", "reload"], 0, '"generation": 3')
    path.write_text(good + "adress: 1\n")
    njctl.expect(["reload"], 1, "", f"proxy.yaml:{good.count(chr(10)) + 1}:1: ")
    njctl.expect(["-j", "reload"], 1, '"refused"', "stays in force")
    njctl.expect(["config"], 0, "adress")
    njctl.expect(["config"], 0, "generation  3")
    njctl.expect_metric("natterjack_config_last_load_successful", 0)
    njctl.expect_metric("natterjack_config_generation", 3)
    path.write_text(good)
    njctl.expect(["reload"], 0, "ok, generation 4")
    njctl.expect_metric("natterjack_config_last_load_successful", 1)


def main():
    njctl = Njctl(*sys.argv[1:3])
    drains(njctl)
    reloads(njctl, pathlib.Path(sys.argv[3]))
    print(f"{len(njctl.faults)} faults", *njctl.faults, sep="\n")
    return 1 if njctl.faults else 0


if __name__ == "__main__":
    sys.exit(main())
