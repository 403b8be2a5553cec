# SPDX-License-Identifier: BSD-3-Clause
"""The compressions that Compress knows, simply: literals and runs, made and taken apart."""
import struct

STREAM = b"\xff\x06\x00\x00sNaPpY"


def _table():
    rows = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        rows.append(n)
    return rows


_CRC32C = _table()


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC32C[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def snappy_literal(data):
    if not data:
        return b""
    n = len(data) - 1
    head = bytes([n << 2]) if n < 60 else bytes([60 << 2, n]) if n < 256 else \
        bytes([61 << 2]) + struct.pack("<H", n)
    return head + data


def snappy(data):
    return varint(len(data)) + snappy_literal(data)


def snappy_run(byte, n):
    """A byte n (2 to 65) times: a literal, and a copy of it onto itself."""
    return varint(n) + snappy_literal(byte) + bytes([n - 2 << 2 | 2, 1, 0])


def snappy_frame(data):
    """A whole stream; its one chunk is not compressed."""
    body = struct.pack("<I", masked_crc32c(data)) + data
    return STREAM + b"\x01" + struct.pack("<I", len(body))[:3] + body


def snappy_frame_compressed(data, block):
    body = struct.pack("<I", masked_crc32c(data)) + block
    return STREAM + b"\x00" + struct.pack("<I", len(body))[:3] + body


def lz4(data):
    """As Quilkin has it: a varint of the length, and a block of one literal."""
    n = len(data)
    head = bytes([min(n, 15) << 4])
    rest = n - 15
    while rest >= 0:
        head += bytes([min(rest, 255)])
        rest -= 255
    return varint(n) + head + data


def read_varint(data):
    n = shift = at = 0
    while True:
        n |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return n, data[at:]


def _copy(out, offset, length):
    if not 0 < offset <= len(out):
        raise ValueError("copy from nowhere")
    for _ in range(length):
        out.append(out[-offset])


def unsnappy(data):
    n, data = read_varint(data)
    out, at = bytearray(), 0
    while at < len(data):
        tag = data[at]
        at += 1
        kind, length = tag & 3, (tag >> 2) + 1
        if kind == 0:
            if length > 60:
                size = length - 60
                length = int.from_bytes(data[at:at + size], "little") + 1
                at += size
            out += data[at:at + length]
            at += length
        elif kind == 1:
            _copy(out, (tag >> 5) << 8 | data[at], (tag >> 2 & 7) + 4)
            at += 1
        else:
            size = 2 if kind == 2 else 4
            _copy(out, int.from_bytes(data[at:at + size], "little"), length)
            at += size
    if len(out) != n:
        raise ValueError("wrong length")
    return bytes(out)


def unlz4(data):
    n, data = read_varint(data)
    out, at = bytearray(), 0

    def extend(length):
        nonlocal at
        while length >= 15:
            at += 1
            length += data[at - 1]
            if data[at - 1] != 255:
                break
        return length

    while at < len(data):
        token = data[at]
        at += 1
        length = extend(token >> 4)
        out += data[at:at + length]
        at += length
        if at < len(data):
            offset = data[at] | data[at + 1] << 8
            at += 2
            _copy(out, offset, extend(token & 15) + 4)
    if len(out) != n:
        raise ValueError("wrong length")
    return bytes(out)


def is_lz4_from_nowhere(data):
    """Whether it is an LZ4 block, but for a match that begins before the block does."""
    try:
        unlz4(data)
    except (ValueError, IndexError) as error:
        return "from nowhere" in str(error)
    return False


def unsnappy_frame(data):
    if data[:10] != STREAM:
        raise ValueError("no stream")
    out, at = b"", 10
    while at < len(data):
        kind, size = data[at], int.from_bytes(data[at + 1:at + 4], "little")
        body = data[at + 8:at + 4 + size]
        out += unsnappy(body) if kind == 0 else body
        at += 4 + size
    return out


def plain(payload):
    """What a compressed payload stands for, so that two ways to compress the same are equal."""
    for decode in (unsnappy_frame, unsnappy, unlz4):
        try:
            return decode.__name__.encode() + b":" + decode(payload)
        except (ValueError, IndexError):
            pass
    return b"plain:" + payload
