"""The VP8 payload descriptor (RFC 7741 §4.2): key frames, picture id, TL0PICIDX. Looks no further into a frame."""

from __future__ import annotations

from typing import NamedTuple

from .rtp import Buffer


class Descriptor(NamedTuple):
    """Offsets are of the whole packet, 0 where the field is missing; ``picture_bits`` is 7 or 15."""

    starts_frame: bool
    key_frame: bool
    picture_at: int
    picture_bits: int
    picture: int
    tl0_at: int
    tl0: int
    temporal: int


def parse(data: Buffer, place: int, end: int) -> Descriptor | None:
    """The descriptor at ``place``; None when the payload ends inside it."""
    if place >= end:
        return None
    first = data[place]
    at = place + 1
    picture_at = picture_bits = picture = tl0_at = tl0 = temporal = 0
    if first & 0x80:
        if at >= end:
            return None
        flags = data[at]
        at += 1
        if flags & 0x80:
            if at >= end:
                return None
            picture_at = at
            if data[at] & 0x80:
                if at + 1 >= end:
                    return None
                picture_bits, picture = 15, (data[at] & 0x7F) << 8 | data[at + 1]
                at += 2
            else:
                picture_bits, picture = 7, data[at]
                at += 1
        if flags & 0x40:
            if at >= end:
                return None
            tl0_at, tl0 = at, data[at]
            at += 1
        if flags & 0x30:
            if at >= end:
                return None
            temporal = data[at] >> 6
            at += 1
    if at >= end:
        return None
    starts = bool(first & 0x10) and not first & 0x07
    return Descriptor(starts, starts and not data[at] & 0x01, picture_at, picture_bits, picture, tl0_at, tl0, temporal)
