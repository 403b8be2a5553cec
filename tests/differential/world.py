# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces with one proxy each, and the sockets of clients and servers around them.

This process' own namespace is where clients and servers are. Every slot is a world of its own:

    clients 10.77.S.1, .2   servers 10.77.S.101 to .103     (S: the slot; one socket each)
    Quilkin at 10.100.S.2 behind the veth qS, natterjack at 10.101.S.2 behind the veth nS

Both proxies read the same file. Clients and servers are the same sockets, and know by the address
which of the two they hear. All in one thread; nothing sleeps, every wait has an end.
"""
import collections
import ctypes
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
import zlib

CLIENTS = [("1", 40001), ("1", 40002), ("2", 40001)]
SERVERS = [("101", 26000), ("101", 26001), ("102", 26000), ("103", 65534)]
START_S = 20
PORTS = {1: 7000, 2: 7777}
CLONE_NEWNET = 0x40000000


def run(*argv, **options):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, **options)


def poll(condition, seconds, what):
    """Until the condition gives something true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(what)
        select.select([], [], [], 0.005)


def enter_own_namespace():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("ip", "link", "set", "lo", "up")
    # Every address of clients and servers is ours without being named.
    run("ip", "route", "add", "local", "10.77.0.0/16", "dev", "lo")


class Namespace:
    """A network namespace that lives as long as this process, or until close()."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE)
        own = os.readlink("/proc/self/ns/net")
        poll(lambda: os.readlink(self.path()) != own, 10, "a network namespace")

    def path(self):
        return f"/proc/{self.holder.pid}/ns/net"

    def argv(self, *argv):
        return ["nsenter", f"--net={self.path()}", "--", *argv]

    def run(self, *argv):
        run(*self.argv(*argv))

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()


class Proxy:
    """A running proxy, or one that refused its file."""

    def __init__(self, namespace, argv, port, log):
        self.log = log
        self.port = port
        self.namespace = namespace
        self.process = subprocess.Popen(namespace.argv(*argv), stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, start_new_session=True)

    def text(self):
        self.log.flush()
        with open(self.log.name, errors="replace") as log:
            return log.read()

    def wait(self):
        """Whether it took the file: it is ready, or it has ended."""
        return poll(self.state, START_S, f"no start and no end: {self.text()}") == "ready"

    def state(self):
        if self.process.poll() is not None:
            return "ended"
        return "ready" if self.is_ready() else None

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Quilkin(Proxy):
    def __init__(self, binary, era, namespace, path, log):
        argv = {1: [binary, "run", "-c", path],
                2: [binary, "--no-admin", "-c", path, "proxy", "--workers", "1"]}[era]
        super().__init__(namespace, argv, PORTS[era], log)
        self.era = era

    def is_ready(self):
        """It says so, or its socket is open, as the kernel says."""
        if self.era == 2:
            return "Quilkin is ready" in self.text()
        with open(f"/proc/{self.namespace.holder.pid}/net/udp") as table:
            return any(line.split()[1].endswith(f":{self.port:04X}")
                       for line in list(table)[1:])


class Natterjack(Proxy):
    def __init__(self, binary, slot, path, log):
        appliance = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        appliance.write(slot.appliance())
        appliance.flush()
        self.appliance = appliance
        cpu = sorted(os.sched_getaffinity(0))[slot.number % len(os.sched_getaffinity(0))]
        argv = [binary, "-a", appliance.name, "-c", path, "--", "--no-huge", "-m", "96",
                "--no-pci", "--no-telemetry", "--no-shconf", f"--lcores=0@{cpu},1@{cpu}",
                f"--file-prefix=nj-differential-{os.getpid()}-{slot.number}"]
        super().__init__(slot.natterjack_namespace, argv, 0, log)

    def is_ready(self):
        return "natterjack: ready" in self.text()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.status = "does not stop"
        super().stop()
        self.appliance.close()


class Slot:
    """One world. What is heard is kept by proxy ('quilkin' or 'natterjack')."""

    def __init__(self, number):
        self.number = number
        self.heard = None
        self.replies = []
        self.quilkin_namespace = Namespace()
        self.natterjack_namespace = Namespace()
        self.addresses = {"quilkin": f"10.100.{number}.2", "natterjack": f"10.101.{number}.2"}
        self.connect(self.quilkin_namespace, f"q{number}", f"10.100.{number}")
        self.connect(self.natterjack_namespace, f"n{number}", f"10.101.{number}")
        self.route()
        self.clients = [self.open(host, port) for host, port in CLIENTS]
        self.servers = [self.open(host, port) for host, port in SERVERS]
        self.clear()

    def connect(self, namespace, name, network):
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0",
            "netns", str(namespace.holder.pid))
        # Frames without whole checksums are another test's matter.
        run("ethtool", "-K", name, "tx", "off", stdout=subprocess.DEVNULL)
        run("ip", "address", "add", f"{network}.1/24", "dev", name)
        run("ip", "link", "set", name, "up")
        namespace.run("ip", "link", "set", "eth0", "up")

    def route(self):
        network = f"10.100.{self.number}"
        namespace = self.quilkin_namespace
        namespace.run("ip", "link", "set", "lo", "up")
        namespace.run("ip", "address", "add", f"{network}.2/24", "dev", "eth0")
        namespace.run("ip", "route", "add", "default", "via", f"{network}.1")

    def appliance(self):
        network = f"10.101.{self.number}"
        return (f'ports: [{{device: "net_af_packet0,iface=eth0", addresses: [{network}.2/24], '
                f"gateways: [{network}.1]}}]\nsessions: {{capacity: 1000}}\n")

    def open(self, host, port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.bind((f"10.77.{self.number}.{host}", port))
        return sock

    def clear(self):
        for sock in self.clients + self.servers:
            while take(sock) is not None:
                pass
        self.heard = {name: Heard() for name in self.addresses}

    def send(self, name, port, client, payload):
        self.clients[client].sendto(payload, (self.addresses[name], port))

    def who(self, address):
        return next((name for name, own in self.addresses.items() if own == address[0]), None)

    def listen(self, ready, ports):
        """Takes what came to these sockets, and lets the servers answer. Returns how much."""
        n = 0
        for i, sock in enumerate(self.clients):
            while sock in ready and (got := take(sock)) is not None:
                name, n = self.who(got[1]), n + 1
                if name is not None:
                    right = got[1][1] == ports
                    self.heard[name].clients.append((i if right else f"{i} from {got[1]}", got[0]))
        for i, sock in enumerate(self.servers):
            while sock in ready and (got := take(sock)) is not None:
                name, n = self.who(got[1]), n + 1
                if name is not None:
                    self.heard[name].servers.append((i, got[1][1], got[0]))
                    self.answer(sock, *got)
        return n

    def answer(self, sock, payload, address):
        sock.sendto(payload, address)
        if self.replies:
            sock.sendto(self.replies[zlib.crc32(payload) % len(self.replies)], address)

    def close(self):
        for sock in self.clients + self.servers:
            sock.close()
        self.quilkin_namespace.close()
        self.natterjack_namespace.close()


class Heard:
    """What one proxy let through: (server, upstream port, payload) and (client, payload)."""

    def __init__(self):
        self.servers = []
        self.clients = []

    def canonical(self, any_server):
        """The same for the same traffic, whatever the order and the ports' numbers."""
        groups = collections.defaultdict(list)
        for server, port, payload in self.servers:
            groups["any" if any_server else server, None if any_server else port].append(payload)
        servers = sorted((str(key[0]), sorted(payloads)) for key, payloads in groups.items())
        return servers, sorted((str(client), payload) for client, payload in self.clients)


def take(sock):
    try:
        return sock.recvfrom(65535)
    except (BlockingIOError, ConnectionRefusedError):
        return None


def listen(slots, port, idle_s, enough=lambda: False):
    """Until nothing has come for a while, or for a shorter one where it is enough."""
    owners = {sock: slot for slot in slots for sock in slot.clients + slot.servers}
    poller = select.poll()
    by_number = {sock.fileno(): sock for sock in owners}
    for sock in owners:
        poller.register(sock, select.POLLIN)
    end = time.monotonic() + 60 * idle_s
    last = time.monotonic()
    while time.monotonic() < end:
        wait = idle_s / 6 if enough() else idle_s
        left = last + wait - time.monotonic()
        if left <= 0:
            return
        ready = {by_number[number] for number, _ in poller.poll(left * 1000)}
        for slot in {owners[sock] for sock in ready}:
            if slot.listen(ready, port):
                last = time.monotonic()
