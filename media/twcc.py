"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), both directions.

``Arrivals`` collects what came and writes feedback; ``read`` takes feedback apart. Neither asks a clock.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .counting import unwrap16

TICK_S = 0.000_25
"""§3.1.5: a receive delta counts 250 µs."""
REFERENCE_TICKS = 256
"""§3.1: the reference time counts 64 ms, 256 deltas."""
MOST_PACKETS = 400
"""Packets told in one feedback: it stays under 1,200 bytes, and a gap of a lost line does not make it longer."""
_SMALL_MOST = 255
_LARGE = struct.Struct("!h")


class Arrivals:
    """Arrival times by transport sequence number, since the last feedback."""

    def __init__(self) -> None:
        self._times: dict[int, float] = {}
        self._last: int | None = None
        self._next: int | None = None
        self._count = 0

    def add(self, seq: int, now_s: float) -> None:
        """A packet with transport number ``seq`` has come; a double counts once."""
        last = self._last
        whole = seq + 0x10000 if last is None else unwrap16(seq, last)
        if last is None or whole > last:
            self._last = whole
        if self._next is not None and whole < self._next - 200:
            return  # told long ago
        self._times.setdefault(whole, now_s)

    def take(self) -> list[bytes]:
        """The feedback (FCI, without the two SSRCs) about everything since the last time; empty when nothing came."""
        if not self._times:
            return []
        found = sorted(self._times.items())
        self._times = {}
        first = found[0][0] if self._next is None else min(self._next, found[0][0])
        self._next = found[-1][0] + 1
        written: list[bytes] = []
        while found:
            if found[0][0] - first >= MOST_PACKETS:
                first = found[0][0]  # a hole so long is the sender's restart, not loss to tell
            taken, start = [], found[0][1]
            for seq, at in found:
                if seq - first >= MOST_PACKETS or abs(at - start) > 8.0:  # a large delta holds ±8.19 s
                    break
                taken.append((seq, at))
            written.append(self._write(first, taken))
            del found[: len(taken)]
            first = taken[-1][0] + 1
        return written

    def _write(self, first: int, taken: list[tuple[int, float]]) -> bytes:
        reference = int(taken[0][1] / TICK_S) // REFERENCE_TICKS
        clock = reference * REFERENCE_TICKS
        statuses = [0] * (taken[-1][0] - first + 1)
        deltas = bytearray()
        for seq, at in taken:
            ticks = int(at / TICK_S)
            delta, clock = ticks - clock, ticks
            if 0 <= delta <= _SMALL_MOST:
                statuses[seq - first] = 1
                deltas.append(delta)
            else:
                statuses[seq - first] = 2
                deltas += _LARGE.pack(max(-32768, min(32767, delta)))
        head = struct.pack("!HHI", first & 0xFFFF, len(statuses), (reference & 0xFFFFFF) << 8 | self._count)
        self._count = (self._count + 1) & 0xFF
        body = head + _chunks(statuses) + bytes(deltas)
        return body + bytes(-len(body) % 4)


def _chunks(statuses: list[int]) -> bytes:
    """§3.1.2: a run of one status, or a vector of seven 2-bit statuses."""
    out = bytearray()
    place, size = 0, len(statuses)
    while place < size:
        status = statuses[place]
        run = 1
        while place + run < size and run < 8191 and statuses[place + run] == status:
            run += 1
        if run >= 7 or place + run == size:
            out += struct.pack("!H", status << 13 | run)
            place += run
            continue
        word = 0xC000
        for at, value in enumerate(statuses[place : place + 7]):
            word |= value << (12 - 2 * at)
        out += struct.pack("!H", word)
        place += 7
    return bytes(out)


def read(fci: bytes) -> tuple[int, int, list[tuple[int, int | None]]] | None:
    """``(count, reference in 64 ms, [(seq, arrival in 250 µs after the reference, or None when lost)])``; None when
    malformed. Statuses beyond the told count and deltas beyond the end are not read.
    """
    if len(fci) < 8:
        return None
    base, told, word = struct.unpack_from("!HHI", fci)
    statuses: list[int] = []
    place, size = 8, len(fci)
    while len(statuses) < told:
        if place + 2 > size:
            return None
        statuses.extend(_statuses((fci[place] << 8) | fci[place + 1], told - len(statuses)))
        place += 2
    found: list[tuple[int, int | None]] = []
    clock = 0
    for at, status in enumerate(statuses[:told]):
        seq = (base + at) & 0xFFFF
        if status == 0:
            found.append((seq, None))
        elif status == 1:
            if place >= size:
                return None
            clock += fci[place]
            place += 1
            found.append((seq, clock))
        else:
            if place + 2 > size:
                return None
            clock += _LARGE.unpack_from(fci, place)[0]
            place += 2
            found.append((seq, clock))
    return word & 0xFF, word >> 8, found


def _statuses(chunk: int, most: int) -> Iterator[int]:
    if not chunk & 0x8000:
        yield from [chunk >> 13 & 3] * min(chunk & 0x1FFF, most)
    elif chunk & 0x4000:
        yield from (chunk >> shift & 3 for shift in range(12, -1, -2))
    else:
        yield from (chunk >> shift & 1 for shift in range(13, -1, -1))
