"""How a file is cut for sending: pure. One stream of pieces, or three parallel parts that are joined afterwards."""

from __future__ import annotations

from typing import NamedTuple

PIECE_BYTES = 8 << 20
"""Of one request: what a broken line costs at most, and the cell that the server hashes by."""
PARALLEL_FROM_BYTES = 256 << 20
PARTS = 3
FILE_BYTES_MAX = 4_294_967_296
"""D7: told before a byte is sent."""


class Part(NamedTuple):
    first: int
    length: int


def parts_of(size: int) -> list[Part]:
    """Parts on the grid of pieces: the server need not read them again to hash the whole."""
    if size < PARALLEL_FROM_BYTES:
        return [Part(0, size)]
    pieces = -(-size // PIECE_BYTES)
    each = -(-pieces // PARTS) * PIECE_BYTES
    return [Part(first, min(each, size - first)) for first in range(0, size, each)]
