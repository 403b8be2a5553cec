#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes scapy_frames.h: frames that another implementation of the protocols built, with what the
parser has to say of each. Only whoever changes them needs scapy (Debian: python3-scapy):

    tests/unit/scapy_frames.py > tests/unit/scapy_frames.h
"""

from scapy.all import (ICMP, IP, UDP, Dot1Q, Ether, ICMPv6DestUnreach, ICMPv6EchoRequest,
                       ICMPv6MLReport2, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr,
                       ICMPv6ND_RA, ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded,
                       IPOption_NOP, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Pad1, PadN, Raw, RouterAlert, TCP,
                       fragment, fragment6)

US, PEER = "192.0.2.10", "192.0.2.77"
US6, PEER6 = "2001:db8::a", "2001:db8::4d"
FAR, FAR6 = "198.51.100.9", "fd00::9"
ETHER = Ether(dst="02:00:00:00:00:0a", src="02:00:00:00:00:4d")
GROUP = Ether(dst="33:33:ff:00:00:0a", src="02:00:00:00:00:4d")
IN4, IN6 = IP(src=PEER, dst=US), IPv6(src=PEER6, dst=US6)
PORTS = UDP(sport=40000, dport=7777)
HELLO = PORTS / b"hello"
SENT4 = IP(src=US, dst=FAR) / UDP(sport=7777, dport=26000) / b"ping"
SENT6 = IPv6(src=US6, dst=FAR6) / UDP(sport=7777, dport=26000) / b"ping"
BIG4, BIG6 = IN4 / PORTS / bytes(2000), IN6 / IPv6ExtHdrFragment(id=7) / PORTS / bytes(2000)
TCP_SYN = TCP(sport=1, dport=2)

IN = (PEER, US, 40000, 7777)
INSIDE = (PEER6, US6, 40000, 7777)
ANSWER, ANSWER6 = (FAR, US, 26000, 7777), (FAR6, US6, 26000, 7777)
BARE, BARE6 = (PEER, US, 0, 0), (PEER6, US6, 0, 0)
OPTIONS = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(10))])
ALERT = IPv6ExtHdrHopByHop(options=[RouterAlert(), Pad1(), Pad1()])

FRAMES = [
    ("UDP", IN, ETHER / IN4 / HELLO),
    ("UDP", IN, ETHER / IP(src=PEER, dst=US, options=[IPOption_NOP()] * 4) / HELLO),
    ("UDP", IN, ETHER / Dot1Q(vlan=0, prio=5) / IN4 / HELLO),
    ("UDP", INSIDE, ETHER / IN6 / HELLO),
    ("UDP", INSIDE, ETHER / IPv6(src=PEER6, dst=US6, tc=0xb8, fl=0xfffff) / HELLO),
    ("UDP", INSIDE, ETHER / IN6 / OPTIONS / HELLO),
    ("UDP", INSIDE, ETHER / IN6 / IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) / OPTIONS /
     IPv6ExtHdrRouting(addresses=[US6], segleft=0, type=2) / IPv6ExtHdrFragment(id=9) / OPTIONS /
     HELLO),
    ("UDP_CHECKSUM", None, ETHER / IN6 / UDP(sport=40000, dport=7777, chksum=0) / b"hello"),
    ("UDP_CHECKSUM", None, ETHER / IN6 / UDP(sport=40000, dport=7777, chksum=0x1234) / b"hello"),
    ("IPV6_EXTENSION", None, ETHER / IN6 /
     IPv6ExtHdrRouting(addresses=["2001:db8::b"], segleft=1) / HELLO),
    ("IPV6_PROTOCOL", None, ETHER / IN6 / TCP_SYN),
    ("IPV4_PROTOCOL", None, ETHER / IN4 / TCP_SYN),
    ("FRAGMENT", BARE, ETHER / fragment(BIG4, 64)[3]),
    ("FRAGMENT", BARE, ETHER / fragment(BIG4, 64)[-1]),
    ("FRAGMENT", BARE6, ETHER / fragment6(BIG6, 160)[0]),
    ("FRAGMENT", BARE6, ETHER / fragment6(BIG6, 160)[-1]),
    ("ICMP", BARE, ETHER / IN4 / ICMP(id=1, seq=2) / b"ping"),
    ("ICMP6", BARE6, ETHER / IN6 / ICMPv6EchoRequest(id=1, seq=2, data=b"ping")),
    ("ICMP6", ("fe80::1", "ff02::1:ff00:a", 0, 0), GROUP / IPv6(
        src="fe80::1", dst="ff02::1:ff00:a", hlim=255) / ICMPv6ND_NS(tgt=US6) /
     ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:4d")),
    ("ICMP6", ("::", "ff02::1:ff00:a", 0, 0), GROUP / IPv6(
        src="::", dst="ff02::1:ff00:a", hlim=255) / ICMPv6ND_NS(tgt=US6)),
    ("ICMP6", BARE6, ETHER / IN6 / ICMPv6ND_NA(tgt=PEER6)),
    ("ICMP6", ("fe80::1", "ff02::1", 0, 0), GROUP / IPv6(
        src="fe80::1", dst="ff02::1", hlim=255) / ICMPv6ND_RA()),
    ("ICMP6", ("fe80::1", "ff02::16", 0, 0), GROUP / IPv6(
        src="fe80::1", dst="ff02::16", hlim=1) / ALERT / ICMPv6MLReport2()),
    ("IPV6_DESTINATION", None, GROUP / IPv6(src=PEER6, dst="ff02::fb") / HELLO),
    ("IPV6_SOURCE", None, ETHER / IPv6(src="::ffff:192.0.2.77", dst=US6) / HELLO),
    ("ICMP_ERROR", ANSWER, ETHER / IN4 / ICMP(type=3, code=3) / SENT4),
    ("ICMP_ERROR", ANSWER, ETHER / IN4 / ICMP(type=3, code=4, nexthopmtu=1400) / SENT4),
    ("ICMP_ERROR", ANSWER, ETHER / IN4 / ICMP(type=11) / Raw(bytes(SENT4)[:28])),
    ("ICMP", BARE, ETHER / IN4 / ICMP(type=3, code=3) / Raw(bytes(SENT4)[:27])),
    ("ICMP", BARE, ETHER / IN4 / ICMP(type=3, code=3) / IP(src=US, dst=FAR) / TCP_SYN),
    ("ICMP_ERROR", ANSWER6, ETHER / IN6 / ICMPv6DestUnreach(code=4) / SENT6),
    ("ICMP_ERROR", ANSWER6, ETHER / IN6 / ICMPv6PacketTooBig(mtu=1280) / SENT6),
    ("ICMP_ERROR", ANSWER6, ETHER / IN6 / ICMPv6TimeExceeded() / Raw(bytes(SENT6)[:48])),
    ("ICMP_ERROR", ANSWER6, ETHER / IN6 / OPTIONS / ICMPv6ParamProblem() / SENT6),
    ("ICMP_ERROR", ANSWER6, ETHER / IN6 / ICMPv6PacketTooBig(mtu=1280) /
     IPv6(src=US6, dst=FAR6) / IPv6ExtHdrFragment(nh=17, m=1, id=3) / Raw(bytes(SENT6)[40:])),
    ("ICMP6", BARE6, ETHER / IN6 / ICMPv6DestUnreach(code=4) / Raw(bytes(SENT6)[:47])),
]


def text_of(flow):
    """Source and destination as nj_address_format() writes them."""
    if flow is None:
        return ["", ""]
    form = "[{}]:{}" if ":" in flow[0] else "{}:{}"
    return [form.format(flow[0], flow[2]), form.format(flow[1], flow[3])]


def main():
    print("/* SPDX-License-Identifier: BSD-3-Clause */")
    print("/* Made by scapy_frames.py; change that one. */")
    print("/* clang-format off */")
    for name, flow, frame in FRAMES:
        known = flow is not None
        source, destination = text_of(flow)
        print(f'{{{"NJ_KIND_" + name if known else -1}, '
              f'{"NJ_DROP_NONE" if known else "NJ_DROP_" + name},')
        print(f'\t"{source}", "{destination}",')
        digits = bytes(frame).hex()
        for at in range(0, len(digits), 80):
            print(f'\t"{digits[at:at + 80]}"', end="\n" if at + 80 < len(digits) else "},\n")


if __name__ == "__main__":
    main()
