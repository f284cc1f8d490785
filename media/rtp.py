"""The RTP header (RFC 3550 §5.1) and its extensions (RFC 8285), read and written in place. Decides nothing.

Functions take the packet as any buffer; nothing is copied until a template is made. Malformed packets are ``None``.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

HEADER_BYTES = 12
ONE_BYTE = 0xBEDE
"""RFC 8285 §4.2: the profile of one-byte extensions."""
TWO_BYTE = 0x1000
"""RFC 8285 §4.3; the low four bits are free."""

FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
Buffer = bytes | bytearray | memoryview


class Header(NamedTuple):
    """Where things stand in a packet; ``payload`` and ``end`` are offsets, padding taken off."""

    marker: int
    payload_type: int
    seq: int
    timestamp: int
    ssrc: int
    extensions: int
    """Offset of the extensions' data, 0 without."""
    extensions_end: int
    two_byte: bool
    payload: int
    end: int


def parse(data: Buffer, size: int) -> Header | None:
    """The header of a packet of ``size`` bytes at the start of ``data``; None when it is not a whole RTP packet."""
    if size < HEADER_BYTES:
        return None
    first, second, seq, timestamp, ssrc = FIXED.unpack_from(data)
    if first >> 6 != 2:
        return None
    payload = HEADER_BYTES + 4 * (first & 0x0F)
    extensions = extensions_end = 0
    two_byte = False
    if first & 0x10:
        if payload + 4 > size:
            return None
        profile, words = _EXTENSION.unpack_from(data, payload)
        start = payload + 4
        payload = start + 4 * words
        if profile == ONE_BYTE or profile & 0xFFF0 == TWO_BYTE:
            extensions, extensions_end = start, payload
            two_byte = profile != ONE_BYTE
    end = size
    if first & 0x20:
        if payload >= size or not 0 < data[size - 1] <= size - payload:
            return None
        end -= data[size - 1]
    if payload > end:
        return None
    return Header(second >> 7, second & 0x7F, seq, timestamp, ssrc, extensions, extensions_end, two_byte, payload, end)


def read_extensions(data: Buffer, header: Header) -> dict[int, tuple[int, int]]:
    """Identifier → (offset, length) of every element. One that runs over the end ends the reading."""
    found: dict[int, tuple[int, int]] = {}
    place, end = header.extensions, header.extensions_end
    if not place:
        return found
    while place < end:
        first = data[place]
        if first == 0:  # RFC 8285 §4.1: padding
            place += 1
            continue
        if header.two_byte:
            if place + 2 > end:
                break
            name, size, place = first, data[place + 1], place + 2
        else:
            name, size, place = first >> 4, (first & 0x0F) + 1, place + 1
            if name == 15:  # RFC 8285 §4.2: reserved, stop here
                break
        if place + size > end:
            break
        found[name] = (place, size)
        place += size
    return found


def build(
    payload_type: int, seq: int, timestamp: int, ssrc: int, payload: Buffer, *, marker: int = 0, extensions: bytes = b""
) -> bytes:
    """A whole packet; ``extensions`` is a block as ``one_byte_block`` makes it, or nothing."""
    first = 0x90 if extensions else 0x80
    return FIXED.pack(first, marker << 7 | payload_type, seq, timestamp, ssrc) + extensions + bytes(payload)


def one_byte_block(elements: dict[int, bytes]) -> bytes:
    """The extension block with its own header. Identifiers are 1…14, values of 1…16 bytes."""
    body = b"".join(bytes([name << 4 | len(value) - 1]) + value for name, value in elements.items())
    body += bytes(-len(body) % 4)
    return _EXTENSION.pack(ONE_BYTE, len(body) // 4) + body if body else b""


def is_rtcp(second_byte: int) -> bool:
    """RFC 5761 §4: payload types 64…95 are RTCP where both share a port."""
    return 192 <= second_byte <= 223
