# SPDX-License-Identifier: BSD-3-Clause
"""The proxies that the kernel benchmark compares: each sends on to 198.51.100.2:26000 what comes to
192.0.2.1:7777 on e1, and is a context manager that takes the rig."""

import contextlib
import pathlib
import signal

from processes import Program

NFTABLES, NGINX = "nftables DNAT and masquerade", "nginx stream"
QUILKIN, QUILKIN_XDP = "Quilkin sockets", "Quilkin XDP"
MACSWAP_PACKET, MACSWAP_XDP = "testpmd macswap af_packet", "testpmd macswap af_xdp"
ORDER = (
    NFTABLES,
    NGINX,
    QUILKIN,
    MACSWAP_PACKET,
    "natterjack af_packet",
    QUILKIN_XDP,
    MACSWAP_XDP,
    "natterjack af_xdp",
)
STREAM = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")  # Debian's

RULES = """
table ip bench {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		udp dport 7777 dnat to 198.51.100.2:26000
	}
	chain postrouting {
		type nat hook postrouting priority srcnat;
		masquerade
	}
}
"""

# All that the kernel would look at behind the packet sockets and XDP.
NO_STACK = """
table netdev bench {
	chain ingress { type filter hook ingress device e1 priority 0; policy drop; }
}
"""

NGINX_CONF = """
load_module {module};
user root;
daemon off;
worker_processes 1;
worker_rlimit_nofile 200000;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log;
events {{ worker_connections 100000; }}
stream {{
	server {{
		listen 192.0.2.1:7777 udp;
		proxy_pass 198.51.100.2:26000;
		proxy_timeout 60s;
	}}
}}
"""


def addressed(rig):
    """The kernel's own stack on e1; the way out is through 192.0.2.2, which it need not ask for."""
    inside = rig.inside
    inside.run("ip", "address", "add", "192.0.2.1/24", "dev", "e1")
    inside.run("ip", "route", "add", "default", "via", "192.0.2.2")
    mac = rig.mac(rig.outside, "e0")
    inside.run("ip", "neighbor", "replace", "192.0.2.2", "lladdr", mac, "dev", "e1")


def polled(rig):
    """Who polls e1 through XDP runs its driver himself, as docs/operations.md has it."""
    rig.inside.set_device("e1", "napi_defer_hard_irqs", 2)
    rig.inside.set_device("e1", "gro_flush_timeout", 200000)


def quiet(rig, driver):
    """No stack on e1, as docs/operations.md has it: natterjack's and testpmd's."""
    rig.inside.run("ip", "link", "set", "e1", "arp", "off")
    rig.inside.run("nft", "-f", rig.work.file("no-stack.nft", NO_STACK))
    if driver == "af_xdp":
        polled(rig)


@contextlib.contextmanager
def nftables(rig):
    """The kernel forwards."""
    addressed(rig)
    rig.inside.set("ipv4/ip_forward", 1)
    rig.inside.set("ipv4/conf/all/rp_filter", 0)
    rig.inside.set("ipv4/conf/e1/rp_filter", 0)
    rig.inside.set("ipv4/conf/e1/send_redirects", 0)
    rig.inside.set("ipv4/conf/all/send_redirects", 0)
    rig.inside.run("nft", "-f", rig.work.file("rules.nft", RULES))
    yield []


def pinned(rig, *command):
    """A command inside, on the CPU that is measured."""
    return [*rig.inside.enter, "taskset", "-c", rig.cpus.worker, *command]


def listens(rig):
    """Whether somebody inside has a socket on port 7777."""
    return ":7777" in rig.inside.run("ss", "-Hlun")


@contextlib.contextmanager
def nginx(rig):
    """One process."""
    text = NGINX_CONF.format(module=STREAM, directory=rig.work.directory)
    conf = rig.work.file("nginx.conf", text)
    addressed(rig)
    error_log = rig.work.directory / "nginx-error.log"
    command = pinned(rig, "nginx", "-p", rig.work.directory, "-e", error_log, "-c", conf)
    with Program(rig.work, "nginx", command) as program:
        program.wait_for(lambda: listens(rig))
        yield [program]


def quilkin_command(rig, *options):
    """Quilkin 0.10, with one endpoint."""
    endpoints = ["--provider.static.endpoints", "198.51.100.2:26000"]
    return pinned(rig, rig.options.quilkin, *endpoints, "--service.udp", *options)


@contextlib.contextmanager
def quilkin(rig):
    """Through sockets. At a polite request to end it waits for its sessions."""
    addressed(rig)
    command = quilkin_command(rig)
    with Program(rig.work, f"quilkin-{rig.number}", command, signal.SIGKILL) as program:
        program.wait_for(lambda: listens(rig))
        yield [program]


@contextlib.contextmanager
def quilkin_xdp(rig):
    """Through XDP: it has no socket, and is ready when its program is on the device."""
    addressed(rig)
    polled(rig)
    options = ["--service.udp.xdp", "--service.udp.xdp.network-interface", "e1"]
    command = quilkin_command(rig, *options)
    with Program(rig.work, f"quilkin-{rig.number}", command, signal.SIGKILL) as program:
        program.wait_for(lambda: "xdp" in rig.inside.run("ip", "link", "show", "dev", "e1"))
        yield [program]


def eal(rig, driver):
    """The EAL's options for a program on e1."""
    device = f"--vdev=net_{driver}0,iface=e1" if driver else "--no-telemetry"
    return rig.work.eal(f"proxy-{rig.number}", rig.cpus.lcores(), device)


@contextlib.contextmanager
def macswap(rig, driver):
    """testpmd returns every frame to where it came from."""
    quiet(rig, driver)
    command = [*rig.inside.enter, "dpdk-testpmd", *eal(rig, driver), "--"]
    command += ["--forward-mode=macswap", "--stats-period", "60"]
    with Program(rig.work, f"testpmd-{rig.number}", command, signal.SIGINT) as program:
        program.wait_for(lambda: "start packet forwarding" in program.said())
        yield [program]


@contextlib.contextmanager
def natterjack(rig, driver):
    """One worker, one port."""
    quiet(rig, driver)
    appliance = rig.work.file(
        f"appliance-{rig.number}.yaml",
        f"ports:\n  - device: 'net_{driver}0,iface=e1'\n"
        "    addresses: [192.0.2.1/24]\n    gateways: [192.0.2.2]\n"
        "listeners: [{port: 7777}]\nsessions: {capacity: 100000, unreplied_ttl: 60s}\n",
    )
    proxy = rig.work.file(
        f"proxy-{rig.number}.yaml",
        "version: v1alpha1\nclusters: [{endpoints: [{address: '198.51.100.2:26000'}]}]\n",
    )
    command = [*rig.inside.enter, rig.work.build / "app/natterjack"]
    command += ["-a", appliance, "-c", proxy, "--", *eal(rig, None)]
    with Program(rig.work, f"natterjack-{rig.number}", command) as program:
        program.wait_for(lambda: "natterjack: ready" in program.said())
        yield [program]


def macswap_packet(rig):
    """testpmd on net_af_packet."""
    return macswap(rig, "af_packet")


def macswap_xdp(rig):
    """testpmd on net_af_xdp."""
    return macswap(rig, "af_xdp")


def natterjack_packet(rig):
    """natterjack on net_af_packet."""
    return natterjack(rig, "af_packet")


def natterjack_xdp(rig):
    """natterjack on net_af_xdp."""
    return natterjack(rig, "af_xdp")
