"""RTCP packets that an SFU reads and writes (RFC 3550 §6, RFC 4585, RFC 5104). Decides nothing, keeps no state.

``parse`` takes a compound packet apart and gives what it knows of; what is malformed ends the reading, and the parts
before it still count. Reduced-size packets (RFC 5506) are welcome.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, TRANSPORT_CC = 1, 15
"""Formats of RTPFB: RFC 4585 §6.2.1, draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1."""
PLI, FIR = 1, 4
"""Formats of PSFB: RFC 4585 §6.3.1, RFC 5104 §4.3.1."""
LONGEST_PARTS = 64
"""Parts read of one compound packet: browsers send at most a dozen."""

_HEAD = struct.Struct("!BBHI")
_SENDER = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """RFC 3550 §6.4.1. ``fraction_lost`` is of 256; ``lsr`` and ``dlsr`` count 1/65536 s."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest_seq: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """``ntp`` is the 64-bit NTP time of the sender's clock, ``rtp`` the same instant in the stream's units."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    media: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """PLI or FIR: one and the same to a server that forwards."""

    media: int


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Transport-wide feedback as it came; ``media.twcc`` reads it."""

    fci: bytes


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


Part = SenderReport | ReceiverReport | Nack | KeyFrameRequest | TransportFeedback | Bye


def parse(data: bytes) -> Iterator[Part]:
    """The parts of a compound packet in their order."""
    place, size = 0, len(data)
    for _ in range(LONGEST_PARTS):
        if place + 8 > size:
            return
        first, kind, words, ssrc = _HEAD.unpack_from(data, place)
        end = place + 4 * (words + 1)
        if first >> 6 != 2 or end > size:
            return
        body_end = end
        if first & 0x20:  # RFC 3550 §6.4.1: padding of the last part
            padding = data[end - 1]
            if not 0 < padding <= end - place - 8:
                return
            body_end -= padding
        part = _part(data, place + 8, body_end, kind, first & 0x1F, ssrc)
        if part is not None:
            yield from part
        place = end


def _part(data: bytes, place: int, end: int, kind: int, count: int, ssrc: int) -> list[Part] | None:
    if kind == SR and place + 20 <= end:
        ntp, rtp, packets, octets = _SENDER.unpack_from(data, place)
        return [SenderReport(ssrc, ntp, rtp, packets, octets, _blocks(data, place + 20, end, count))]
    if kind == RR:
        return [ReceiverReport(ssrc, _blocks(data, place, end, count))]
    if kind == BYE:
        rest = data[place : min(end, place + 4 * max(0, count - 1))]
        return [Bye((ssrc, *(v for (v,) in struct.iter_unpack("!I", rest[: len(rest) // 4 * 4]))))] if count else None
    if kind not in {RTPFB, PSFB} or place + 4 > end:
        return None
    (media,) = struct.unpack_from("!I", data, place)
    fci = data[place + 4 : end]
    if kind == RTPFB and count == NACK:
        return [Nack(media, _nacked(fci))]
    if kind == RTPFB and count == TRANSPORT_CC:
        return [TransportFeedback(fci)]
    if kind == PSFB and count == PLI:
        return [KeyFrameRequest(media)]
    if kind == PSFB and count == FIR:  # RFC 5104 §4.3.1.1: the SSRC stands in each entry
        return [KeyFrameRequest(struct.unpack_from("!I", fci, at)[0]) for at in range(0, len(fci) - 7, 8)]
    return None


def _blocks(data: bytes, place: int, end: int, count: int) -> tuple[ReportBlock, ...]:
    found = []
    for at in range(place, min(end - 23, place + 24 * count), 24):
        ssrc, lost, highest, jitter, lsr, dlsr = _BLOCK.unpack_from(data, at)
        signed = lost & 0xFFFFFF
        found.append(ReportBlock(ssrc, lost >> 24, signed - (signed >> 23 << 24), highest, jitter, lsr, dlsr))
    return tuple(found)


def _nacked(fci: bytes) -> tuple[int, ...]:
    """RFC 4585 §6.2.1: a first number and a mask of the sixteen after it."""
    seqs: list[int] = []
    for pid, mask in struct.iter_unpack("!HH", fci[: len(fci) // 4 * 4]):
        seqs.append(pid)
        seqs.extend((pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return tuple(seqs)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def write_blocks(blocks: Iterable[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(b.ssrc, b.fraction_lost << 24 | (b.lost & 0xFFFFFF), b.highest_seq, b.jitter, b.lsr, b.dlsr)
        for b in blocks
    )


def sender_report(report: SenderReport) -> bytes:
    head = struct.pack("!I", report.ssrc) + _SENDER.pack(report.ntp, report.rtp, report.packets, report.octets)
    return _packet(SR, len(report.blocks), head + write_blocks(report.blocks))


def receiver_report(ssrc: int, blocks: Sequence[ReportBlock]) -> bytes:
    """At most 31 blocks (RFC 3550 §6.4.2: a 5-bit count)."""
    return _packet(RR, len(blocks), struct.pack("!I", ssrc) + write_blocks(blocks))


def cname(ssrc: int, name: str) -> bytes:
    """RFC 3550 §6.5: the SDES that a compound packet with a sender report carries."""
    item = bytes([1, len(name)]) + name.encode() + b"\0"
    return _packet(SDES, 1, struct.pack("!I", ssrc) + item + bytes(-len(item) % 4))


def nack(sender: int, media: int, seqs: Iterable[int]) -> bytes:
    """RFC 4585 §6.2.1 of ascending numbers (around the wrap too)."""
    entries: list[list[int]] = []
    for seq in seqs:
        step = (seq - entries[-1][0]) & 0xFFFF if entries else 0
        if entries and 1 <= step <= 16:
            entries[-1][1] |= 1 << (step - 1)
        elif not entries or step:
            entries.append([seq, 0])
    body = b"".join(struct.pack("!HH", pid, mask) for pid, mask in entries)
    return _packet(RTPFB, NACK, struct.pack("!II", sender, media) + body)


def pli(sender: int, media: int) -> bytes:
    return _packet(PSFB, PLI, struct.pack("!II", sender, media))


def transport_feedback(sender: int, media: int, fci: bytes) -> bytes:
    return _packet(RTPFB, TRANSPORT_CC, struct.pack("!II", sender, media) + fci)


def bye(ssrc: int) -> bytes:
    return _packet(BYE, 1, struct.pack("!I", ssrc))
