"""One outgoing stream that continues whatever is put into it: sequence, timestamp, picture id, TL0PICIDX.

A ``Continuation`` begins a new segment for each change of source or layer and shifts its numbers so that the receiver
sees one stream (RFC 3550 §5.1, RFC 7741 §4.2). When to change is decided by the caller: video on a key frame only.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, NamedTuple, TypeVar

from .counting import unwrap16

Source = TypeVar("Source")

SEGMENTS_KEPT = 32
"""Segments in which a NACK is looked up; older packets are out of every ring."""
AUDIO_STEP = 960
"""Opus frames of browsers, 20 ms at 48 kHz: steps in whole packets conceal nothing (measured), others do."""
VIDEO_HZ = 90_000
AUDIO_HZ = 48_000


class Numbers(NamedTuple):
    """Numbers that a packet leaves with; ``picture`` and ``tl0`` count only where the packet has them."""

    seq: int
    timestamp: int
    picture: int
    tl0: int


class Segment(NamedTuple, Generic[Source]):
    """From out number ``first`` on (not wrapping), packets of ``source`` with these shifts."""

    first: int
    source: Source
    seq_shift: int
    timestamp_shift: int
    picture_shift: int
    tl0_shift: int


class Continuation(Generic[Source]):
    """The numbers of one slot for the life of its connection. Starting numbers are the caller's (random ones)."""

    __slots__ = (
        "_audio",
        "_clock_hz",
        "_last_s",
        "first_in",
        "high_in",
        "picture",
        "picture_shift",
        "segments",
        "seq",
        "seq_shift",
        "source",
        "timestamp",
        "timestamp_shift",
        "tl0",
        "tl0_shift",
    )

    def __init__(self, seq: int, timestamp: int, *, audio: bool = False) -> None:
        self._audio = audio
        self._clock_hz = AUDIO_HZ if audio else VIDEO_HZ
        self._last_s: float | None = None
        self.source: Source | None = None
        self.first_in = 0
        self.high_in = 0
        self.seq = 0x10000 + (seq & 0x7FFF)
        """The last out number, not wrapping; starting low, so that SRTP's index cannot be guessed wrong."""
        self.timestamp = timestamp
        self.picture = 0
        self.tl0 = 0
        self.seq_shift = self.timestamp_shift = self.picture_shift = self.tl0_shift = 0
        self.segments: deque[Segment[Source]] = deque(maxlen=SEGMENTS_KEPT)

    def begin(self, source: Source, seq: int, timestamp: int, picture: int, tl0: int, now_s: float) -> None:
        """Packets of ``source`` follow, from in number ``seq`` (not wrapping) with these numbers on."""
        self.source = source
        self.first_in = seq
        self.high_in = seq - 1
        self.seq_shift = self.seq + 1 - seq
        self.timestamp_shift = (self.timestamp + self._step(now_s) - timestamp) & 0xFFFFFFFF
        self.picture_shift = (self.picture + 1 - picture) & 0x7FFF
        self.tl0_shift = (self.tl0 + 1 - tl0) & 0xFF
        self.segments.append(
            Segment(self.seq + 1, source, self.seq_shift, self.timestamp_shift, self.picture_shift, self.tl0_shift)
        )

    def _step(self, now_s: float) -> int:
        """Units of the clock since the last packet: time goes on as it does outside, at least by one frame."""
        if self._last_s is None:
            return 0
        units = (now_s - self._last_s) * self._clock_hz
        if self._audio:
            return max(AUDIO_STEP, round(units / AUDIO_STEP) * AUDIO_STEP)
        return max(VIDEO_HZ // 100, round(units))

    def continued(self, seq: int, timestamp: int, picture: int, tl0: int, now_s: float) -> Numbers | None:
        """The numbers of a packet of the present source; None for one from before the segment."""
        if seq < self.first_in:
            return None
        out = seq + self.seq_shift
        stamp = (timestamp + self.timestamp_shift) & 0xFFFFFFFF
        page = (picture + self.picture_shift) & 0x7FFF
        index = (tl0 + self.tl0_shift) & 0xFF
        if seq > self.high_in:
            self.high_in = seq
            self.seq = out
            self.timestamp = stamp
            self.picture = page
            self.tl0 = index
            self._last_s = now_s
        return Numbers(out & 0xFFFF, stamp, page, index)

    def find(self, seq16: int) -> tuple[Segment[Source], int] | None:
        """The segment of an out number that a receiver asks for, and the in number it came with."""
        out = unwrap16(seq16, self.seq)
        if out > self.seq:
            return None
        for segment in reversed(self.segments):
            if out >= segment.first:
                return segment, out - segment.seq_shift
        return None


def again(segment: Segment[Source], seq: int, timestamp: int, picture: int, tl0: int) -> Numbers:
    """The numbers with which a packet of that segment has left."""
    return Numbers(
        (seq + segment.seq_shift) & 0xFFFF,
        (timestamp + segment.timestamp_shift) & 0xFFFFFFFF,
        (picture + segment.picture_shift) & 0x7FFF,
        (tl0 + segment.tl0_shift) & 0xFF,
    )
