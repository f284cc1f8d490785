"""Ids: 63-bit, time-ordered, random enough not to be guessed in bulk; opaque strings on the wire. Grants nothing."""

from __future__ import annotations

import secrets
import threading
from collections import deque

UNKNOWN_ID = -1
"""What ``parse_id`` gives for text that was never an id: it matches no row."""


REMEMBERED = 32_768
"""Ids that are not given out again: a transaction has one ``now``, and of 2,000 random ones two meet more often than
one time in three (birthdays in 2^22). The largest, a list of 5,000 pupils, makes 10,000.
"""
_lock = threading.Lock()
_given: deque[int] = deque()
_known: set[int] = set()


def new_id(now_ms: int) -> int:
    """41 bits of milliseconds since 2020, then 22 random bits; never twice by one process."""
    base = (now_ms - 1_577_836_800_000) << 22
    with _lock:
        while (number := base | secrets.randbits(22)) in _known:
            pass
        _known.add(number)
        _given.append(number)
        if len(_given) > REMEMBERED:
            _known.discard(_given.popleft())
    return number


def wire_id(number: int) -> str:
    return str(number)


def parse_id(text: str) -> int:
    """The number of a wire id, or ``UNKNOWN_ID``: a malformed id is answered like an unknown one."""
    if text.isascii() and text.isdecimal() and len(text) <= 19:
        number = int(text)
        if number < 2**63 and str(number) == text:
            return number
    return UNKNOWN_ID
