"""Ids: 63-bit, time-ordered, random enough not to be guessed in bulk; opaque strings on the wire. Grants nothing."""

from __future__ import annotations

import secrets

UNKNOWN_ID = -1
"""What ``parse_id`` gives for text that was never an id: it matches no row."""


def new_id(now_ms: int) -> int:
    """41 bits of milliseconds since 2020, then 22 random bits."""
    return ((now_ms - 1_577_836_800_000) << 22) | secrets.randbits(22)


def wire_id(number: int) -> str:
    return str(number)


def parse_id(text: str) -> int:
    """The number of a wire id, or ``UNKNOWN_ID``: a malformed id is answered like an unknown one."""
    if text.isascii() and text.isdecimal() and len(text) <= 19:
        number = int(text)
        if number < 2**63 and str(number) == text:
            return number
    return UNKNOWN_ID
