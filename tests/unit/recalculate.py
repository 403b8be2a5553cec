#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a test that captures the frames it made, and has scapy take them apart: every checksum is
calculated anew, fragments are put together again, and errors have to quote what they are about.

A fragment and an error belong to the whole datagram that was captured last before them."""

import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77

try:
    from scapy.layers.inet import ICMP, IP, UDP, IPerror, UDPerror, defragment
    from scapy.layers.inet6 import IPerror6, IPv6, IPv6ExtHdrFragment, _ICMPv6Error, defragment6
    from scapy.layers.l2 import Ether
    from scapy.utils import rdpcap
except ImportError:
    print("python3-scapy is not installed")
    sys.exit(SKIPPED)

# Which field holds the checksum of a layer. That of a quoted UDP header covers what is not quoted.
CHECKSUMS = {IP: "chksum", IPerror: "chksum", UDP: "chksum", ICMP: "chksum", _ICMPv6Error: "cksum"}


def layers(frame):
    """The layers of a frame, the outer first, to UDP: its payload is random."""
    while frame:
        yield frame
        frame = None if isinstance(frame, UDP) else frame.payload


def is_fragment(frame):
    """Whether the frame holds a fragment of either family."""
    if IPv6 in frame:
        return IPv6ExtHdrFragment in frame
    return frame[IP].flags.MF or frame[IP].frag != 0


def checksum_field(layer, fragment):
    """The name of the field that is to be calculated anew; None where there is none."""
    if isinstance(layer, UDPerror) or (fragment and not isinstance(layer, IP)):
        return None
    if isinstance(layer, UDP) and layer.chksum == 0 and isinstance(layer.underlayer, IP):
        return None  # the sender made none, as IPv4 lets it
    return next((name for kind, name in CHECKSUMS.items() if isinstance(layer, kind)), None)


def check_checksums(frame):
    """A frame whose checksums are all left to scapy has to come out as the same bytes."""
    fragment = is_fragment(frame)
    anew = Ether(bytes(frame))
    count = 0
    for layer in layers(anew):
        name = checksum_field(layer, fragment)
        if name:
            layer.delfieldval(name)
            count += 1
    assert bytes(anew) == bytes(frame), f"other checksums:\n{anew!r}\n{Ether(bytes(anew))!r}"
    return count


def addresses(ip):
    """Who to whom."""
    return ip.src, ip.dst


def network(frame):
    """The IP header of a frame."""
    return frame[IPv6] if IPv6 in frame else frame[IP]


def check_lengths(frame):
    """What the IP header says of its length is the frame's."""
    ip = network(frame)
    length = ip.plen + 40 if IPv6 in frame else ip.len
    assert length == len(frame) - 14, f"length {length} in a frame of {len(frame)}"


def check_fragments(whole, fragments):
    """Fragments make the whole again."""
    if IPv6 in whole:
        made = [Ether(bytes(defragment6(fragments)))]  # which wants them in order
    else:
        made = list(defragment(fragments[::-1]))
    assert len(made) == 1, f"{len(fragments)} fragments make {len(made)} packets"
    assert addresses(network(made[0])) == addresses(network(whole))
    assert bytes(made[0][UDP]) == bytes(whole[UDP]), "fragments make another datagram"


def check_quote(whole, error):
    """What an error quotes is the begin of the datagram that it is about."""
    quoted = error[IPerror6] if IPerror6 in error else error[IPerror]
    assert addresses(quoted) == addresses(network(whole)), f"{quoted!r} is not of {whole!r}"
    udp = bytes(quoted[UDPerror])
    assert len(udp) >= 8 and udp == bytes(whole[UDP])[: len(udp)], "another datagram is quoted"
    length = quoted.plen + 40 if IPerror6 in error else quoted.len
    assert length == len(whole) - 14, f"quoted length {length} of {len(whole) - 14}"


def check(frames):
    """Goes over a capture. Returns how many there were of everything."""
    counts = {"frames": 0, "checksums": 0, "reassembled": 0, "errors": 0}
    whole, fragments = None, []
    for frame in frames:
        counts["frames"] += 1
        counts["checksums"] += check_checksums(frame)
        check_lengths(frame)
        if is_fragment(frame):
            fragments.append(frame)
            continue
        if fragments:
            check_fragments(whole, fragments)
            counts["reassembled"] += 1
            fragments = []
        if UDPerror in frame:
            check_quote(whole, frame)
            counts["errors"] += 1
        else:
            assert UDP in frame, f"not parsed: {frame!r}"
            whole = frame
    if fragments:
        check_fragments(whole, fragments)
        counts["reassembled"] += 1
    return counts


def main():
    with tempfile.TemporaryDirectory() as directory:
        capture = pathlib.Path(directory) / "capture.pcap"
        env = {**os.environ, "NJ_TEST_PCAP": str(capture)}
        run = subprocess.run(sys.argv[1:], env=env, capture_output=True, check=False)
        if run.returncode != 0:  # its own test says more
            sys.exit(f"{sys.argv[1]}: exit status {run.returncode}\n{run.stderr.decode()}")
        counts = check(rdpcap(str(capture)))
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    assert counts["checksums"] >= 500, "too few to be a test"


if __name__ == "__main__":
    main()
