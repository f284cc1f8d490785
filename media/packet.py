"""A media packet made ready for every receiver at once: our payload type and extensions, zeros where each one differs.

Only sequence, timestamp, SSRC, transport number, picture id and TL0PICIDX differ between receivers; their places are
the same in every packet or stand in it. Pure.
"""

from __future__ import annotations

import struct

from . import h264, vp8
from .media_lines import AUDIO_LEVEL_ID, TRANSPORT_CC_ID
from .rtp import Buffer, Header

NUMBERS_AT = 2
"""Sequence, timestamp, SSRC in the fixed header."""
NUMBERS = struct.Struct("!HII")
TRANSPORT_AT = 17
"""The transport number: 12 bytes of header, 4 of the block's own, 1 of the element's."""
TRANSPORT = struct.Struct("!H")
PICTURE = struct.Struct("!HB")
PICTURE_ALONE = struct.Struct("!H")
PAYLOAD_AT = {"audio": 24, "video": 20}
_VIDEO_HEAD = struct.Struct("!BBHIIHHBHB")
_AUDIO_HEAD = struct.Struct("!BBHIIHHBHBB3x")


class Packet:
    """``seq`` does not wrap. ``picture_at`` and ``tl0_at`` are offsets in ``data``, 0 where there is none."""

    __slots__ = ("data", "key_frame", "marker", "picture", "picture_at", "seq", "size", "timestamp", "tl0", "tl0_at")

    def __init__(self, seq: int, timestamp: int, marker: int, data: bytes) -> None:
        self.seq = seq
        self.timestamp = timestamp
        self.marker = marker
        self.data = data
        self.size = len(data)
        self.key_frame = False
        self.picture_at = self.picture = self.tl0_at = self.tl0 = 0


def audio(header: Header, seq: int, data: Buffer, payload_type: int, level: int) -> Packet:
    """``level`` is the byte of RFC 6464: voice activity and −dBov."""
    head = _AUDIO_HEAD.pack(
        0x90, header.marker << 7 | payload_type, 0, 0, 0, 0xBEDE, 2,
        TRANSPORT_CC_ID << 4 | 1, 0, AUDIO_LEVEL_ID << 4, level,
    )  # fmt: skip
    return Packet(seq, header.timestamp, header.marker, head + bytes(data[header.payload : header.end]))


def video(header: Header, seq: int, data: Buffer, payload_type: int, codec: str) -> Packet:
    head = _VIDEO_HEAD.pack(0x90, header.marker << 7 | payload_type, 0, 0, 0, 0xBEDE, 1, TRANSPORT_CC_ID << 4 | 1, 0, 0)
    place, end = header.payload, header.end
    if codec != "vp8":
        packet = Packet(seq, header.timestamp, header.marker, head + bytes(data[place:end]))
        packet.key_frame = h264.starts_key_frame(data, place, end)
        return packet
    found = vp8.parse(data, place, end)
    if found is None or not found.picture_at:
        packet = Packet(seq, header.timestamp, header.marker, head + bytes(data[place:end]))
        packet.key_frame = found is not None and found.key_frame
        return packet
    shift = len(head) - place
    if found.picture_bits == 7:  # room for fifteen bits: receivers must see one width only
        at = found.picture_at
        payload = bytes(data[place:at]) + b"\x80" + bytes(data[at:end])
        packet = Packet(seq, header.timestamp, header.marker, head + payload)
        packet.tl0_at = found.tl0_at + shift + 1 if found.tl0_at else 0
    else:
        packet = Packet(seq, header.timestamp, header.marker, head + bytes(data[place:end]))
        packet.tl0_at = found.tl0_at + shift if found.tl0_at else 0
    packet.key_frame = found.key_frame
    packet.picture_at = found.picture_at + shift
    packet.picture = found.picture
    packet.tl0 = found.tl0
    return packet
