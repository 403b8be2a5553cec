# SPDX-License-Identifier: BSD-3-Clause
"""Programs that a benchmark starts, namespaces that they run in, and the end of all of it."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = f"nj-bench-{os.getpid()}"


class Failed(Exception):
    """What did not work, as a sentence; and the log that says more."""

    def __init__(self, sentence, log=""):
        super().__init__(sentence)
        self.log = log


def poll(seconds, condition):
    """Waits until the condition holds; False where it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Program:
    """A program in the background, with its output in a file. Ended when the `with` ends; one that
    is paused then goes on to its end."""

    def __init__(self, work, name, command, end=signal.SIGTERM, env=None):
        self.log = work.directory / f"{name}.log"
        self.name, self.end = name, end
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                preexec_fn=deaf_to_terminal,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for ask in (self.end, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(ask)
                self.pause(False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)

    def pause(self, paused=True):
        """Leaves its CPUs to others, or goes on."""
        self.process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def tell(self, line):
        """A line to its standard input."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def said(self):
        """Its output so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, condition, seconds=30):
        """Until it is ready; fails where it ends before or is not in time."""
        settled = poll(seconds, lambda: self.process.poll() is not None or condition())
        if not settled or self.process.poll() is not None:
            raise Failed(f"{self.name} did not get ready", self.said()[-3000:])


def deaf_to_terminal():
    """Ctrl-C is for us, who then end them in order; a SIGINT that a shell ignored is heard."""
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(*command, **options):
    """Runs to its end and returns what it said."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options
    )
    if done.returncode:
        sentence = f"{' '.join(command)}: exit status {done.returncode}"
        raise Failed(sentence, done.stdout + done.stderr)
    return done.stdout


class Work:
    """A directory, and what DPDK leaves behind under our prefixes. Use it in a `with` statement."""

    def __init__(self, build, huge_dir=None):
        self.build, self.huge_dir = pathlib.Path(build), huge_dir
        self.directory = None

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nj-bench-"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)
        for left in pathlib.Path("/var/run/dpdk").glob(f"{NAME}-*"):
            shutil.rmtree(left, ignore_errors=True)

    def file(self, name, text):
        """Writes a file and returns its path."""
        path = self.directory / name
        path.write_text(text)
        return path

    def eal(self, name, lcores, *options, megabytes=512):
        """Options of the EAL, for a process of this name."""
        memory = ["--no-huge", "-m", megabytes]
        if self.huge_dir:
            memory = [f"--huge-dir={self.huge_dir}", "--huge-unlink"]
        return [f"--file-prefix={NAME}-{name}", "--no-pci", "--lcores", lcores, *memory, *options]


class Namespace:
    """A network namespace, without IPv6. Use it in a `with` statement."""

    def __init__(self, name):
        self.name = f"{NAME}-{name}"
        self.enter = ["nsenter", f"--net=/run/netns/{self.name}", "--"]

    def __enter__(self):
        run("ip", "netns", "add", self.name)
        self.set("ipv6/conf/all/disable_ipv6", 1)
        self.set("ipv6/conf/default/disable_ipv6", 1)
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)

    def run(self, *command, **options):
        """The same as run(), in it."""
        return run(*self.enter, *command, **options)

    def set(self, path, value):
        """A setting of its kernel, below /proc/sys/net, where it has it."""
        file = f"/proc/sys/net/{path}"
        self.run("sh", "-c", f"[ ! -e {file} ] || echo {value} >{file}")

    def set_device(self, device, name, value):
        """A setting of one of its devices; it is in a sysfs of its own."""
        file = f"/sys/class/net/{device}/{name}"
        command = f"mount -t sysfs bench /sys && echo {value} >{file}"
        self.run("unshare", "--mount", "sh", "-c", command)


class Cpus:
    """Which CPU does what. With two, the generator shares one with those that have little to do."""

    def __init__(self):
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) < 2:
            raise Failed("this benchmark needs two CPUs")
        self.control, self.worker = usable[:2]
        self.generator = usable[2] if len(usable) > 2 else usable[0]

    def lcores(self):
        """A main lcore that has little to do, and a worker."""
        return f"0@{self.control},1@{self.worker}"


def progress(text):
    """What is being done now."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def finish_progress():
    """The last line of progress goes away."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def guarded(main):
    """Runs main() so that every end, Ctrl-C included, cleans up; returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        return main()
    except KeyboardInterrupt:
        return 130
    except Failed as failure:
        finish_progress()
        print(failure.log, file=sys.stderr)
        print(f"{pathlib.Path(sys.argv[0]).name}: {failure}", file=sys.stderr)
        return 1
