# SPDX-License-Identifier: BSD-3-Clause
"""Open vSwitch on DPDK, with its database, in a directory and a network namespace of its own: one
port, on which every datagram gets another source by connection tracking and goes back."""

import os
import pathlib
import signal
import subprocess

from processes import NAME, Failed, Namespace, Program, run

SWITCH = pathlib.Path("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk")  # Debian's
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
PER_ADDRESS = 40000  # as natterjack's


class OpenVSwitch:
    """Runs inside a `with` statement; `device` is the port, as DPDK names it."""

    def __init__(self, work, cpus, device, connections):
        self.work, self.cpus, self.device, self.connections = work, cpus, device, connections
        self.directory = work.directory / "ovs"
        self.namespace = Namespace("ovs")
        self.programs = []
        names = "OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"
        self.env = os.environ | dict.fromkeys(names, str(self.directory))

    @staticmethod
    def is_here():
        """Whether it is installed."""
        return SWITCH.exists()

    def __enter__(self):
        self.namespace.__enter__()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.__exit__()
        self.namespace.__exit__()

    def start(self):
        """The database, the switch, the port and its flows."""
        self.directory.mkdir(exist_ok=True)
        database, socket = self.directory / "conf.db", self.directory / "db.sock"
        database.unlink(missing_ok=True)
        run("ovsdb-tool", "create", database, SCHEMA)
        self.program("ovsdb-server", "ovsdb-server", f"--remote=punix:{socket}", database)
        self.programs[-1].wait_for(socket.exists)
        self.configure()
        self.program("ovs-vswitchd", SWITCH, f"unix:{socket}", f"--unixctl={self.directory}/ctl")
        self.programs[-1].wait_for(lambda: self.initialized() == "true", 60)
        self.keep_connections()
        self.add_port()

    def program(self, name, *command):
        """One of its two, in the background."""
        command = [*self.namespace.enter, *command]
        self.programs.append(Program(self.work, name, command, signal.SIGTERM, self.env))

    def vsctl(self, *arguments):
        """Changes its database."""
        database = f"--db=unix:{self.directory}/db.sock"
        return run("ovs-vsctl", "--timeout=30", database, *arguments, env=self.env)

    def initialized(self):
        """Whether DPDK is: "true"."""
        try:
            return self.vsctl("--no-wait", "get", "Open_vSwitch", ".", "dpdk_initialized").strip()
        except subprocess.SubprocessError:
            return ""

    def configure(self):
        """DPDK for it: one polling thread, on the CPU that is measured."""
        self.vsctl("--no-wait", "init")
        extra = f"--no-pci --file-prefix={NAME}-ovs --huge-unlink"
        settings = {
            "dpdk-init": "true",
            "dpdk-extra": f'"{extra}"',
            "dpdk-hugepage-dir": f'"{self.work.huge_dir}"',
            "dpdk-socket-mem": '"512"',
            "dpdk-lcore-mask": f'"{1 << self.cpus.control:#x}"',
            "pmd-cpu-mask": f'"{1 << self.cpus.worker:#x}"',
        }
        pairs = [f"other_config:{name}={value}" for name, value in settings.items()]
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", *pairs)

    def keep_connections(self):
        """For an hour: it rests while others are measured."""
        create = "--id=@d", "create", "Datapath", "datapath_version=0"
        self.vsctl(*create, "--", "set", "Open_vSwitch", ".", "datapaths:netdev=@d")
        timeouts = [f"udp_{state}=3600" for state in ("first", "single", "multiple")]
        self.vsctl("add-zone-tp", "netdev", "zone=1", *timeouts)

    def add_port(self):
        """The bridge, its port, its two flows, and room for connections."""
        port = ["add-port", "br0", "m0", "--", "set", "Interface", "m0", "type=dpdk"]
        port.append(f'options:dpdk-devargs="{self.device}"')
        bridge = ["add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"]
        self.vsctl(*bridge, "--", *port)
        if self.vsctl("get", "Interface", "m0", "ofport").strip() in ("-1", "[]"):
            raise Failed("Open vSwitch does not take the memif", self.programs[-1].said()[-3000:])
        last = -(-self.connections // PER_ADDRESS)
        nat = f"nat(src=203.0.113.1-203.0.113.{last}:1024-65535)"
        flows = [
            f"table=0,in_port=m0,udp,ct_state=-trk,actions=ct(commit,zone=1,{nat},table=1)",
            "table=1,actions=IN_PORT",
        ]
        file = self.work.file("flows", "\n".join(flows) + "\n")
        run("ovs-ofctl", "--timeout=30", "del-flows", "br0", env=self.env)
        run("ovs-ofctl", "--timeout=30", "add-flows", "br0", file, env=self.env)
        target = f"--target={self.directory}/ctl"
        limit = 2 * self.connections
        run("ovs-appctl", target, "dpctl/ct-set-maxconns", limit, env=self.env)
