"""H264 in RTP (RFC 6184): which packet begins a key frame. Looks no further."""

from __future__ import annotations

from .rtp import Buffer

_IDR, _SPS, _STAP_A, _FU_A = 5, 7, 24, 28


def starts_key_frame(data: Buffer, place: int, end: int) -> bool:
    """Whether this packet carries a sequence parameter set, or the start of an IDR picture without one before.

    Encoders in browsers send the parameter sets before every IDR, so a decoder can begin here.
    """
    if place >= end:
        return False
    kind = data[place] & 0x1F
    if kind in {_SPS, _IDR}:
        return True
    if kind == _STAP_A:  # RFC 6184 §5.7.1
        at = place + 1
        while at + 2 < end:
            if data[at + 2] & 0x1F in {_SPS, _IDR}:
                return True
            at += 2 + (data[at] << 8 | data[at + 1])
        return False
    if kind == _FU_A and place + 1 < end:  # RFC 6184 §5.8: the start bit
        return bool(data[place + 1] & 0x80) and data[place + 1] & 0x1F in {_SPS, _IDR}
    return False
