"""Recorded media of a real browser: three VP8 layers of 1280×720 at 20 frames/s, and Opus. Plays it in a loop for ever.

``recording.msgpack`` maps ``q``, ``h``, ``f``, ``opus`` to rows of (timestamp from the start, marker, payload); every
layer begins with a key frame. It was taken from Chromium's fake devices through the SFU itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from media import vp8

VIDEO_STEP = 4_500
"""Between two frames at 20 a second, in 1/90000 s."""
AUDIO_STEP = 960


class Piece(NamedTuple):
    """One packet's payload; ``timestamp`` goes on over every loop and every new beginning."""

    timestamp: int
    marker: int
    payload: bytes


Row = tuple[int, int, bytes]


@cache
def rows(layer: str) -> list[Row]:
    path = Path(__file__).with_name("recording.msgpack")
    whole = msgspec.msgpack.decode(path.read_bytes(), type=dict[str, list[Row]])
    return whole[layer]


class Player:
    """Frames of one layer, one after the other; ``restart`` begins again with the key frame, numbers going on."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self._rows = rows(layer)
        self._place = 0
        self._timestamp = 0
        self._picture = 0
        self._tl0 = 0
        self._tl0_base: int | None = None

    def restart(self) -> None:
        self._place = 0

    def frame(self) -> Iterator[Piece]:
        """All packets of the next frame (or the next packet of sound)."""
        table = self._rows
        if self._place >= len(table):
            self._place = 0
        if self._place == 0 and self._tl0_base is not None:
            self._tl0 = (self._tl0 + 1) & 0xFF
            self._tl0_base = None
        stamp = table[self._place][0]
        while self._place < len(table) and table[self._place][0] == stamp:
            _, marker, payload = table[self._place]
            self._place += 1
            yield Piece(self._timestamp, marker, payload if self.layer == "opus" else self._continued(payload))
        self._timestamp += AUDIO_STEP if self.layer == "opus" else VIDEO_STEP
        self._picture = (self._picture + 1) & 0x7FFF

    def _continued(self, payload: bytes) -> bytes:
        found = vp8.parse(payload, 0, len(payload))
        if found is None or found.picture_bits != 15 or not found.tl0_at:
            return payload
        if self._tl0_base is None:
            self._tl0_base = (found.tl0 - self._tl0) & 0xFF
        self._tl0 = (found.tl0 - self._tl0_base) & 0xFF
        data = bytearray(payload)
        data[found.picture_at : found.picture_at + 2] = (0x8000 | self._picture).to_bytes(2, "big")
        data[found.tl0_at] = self._tl0
        return bytes(data)
