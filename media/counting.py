"""Arithmetic of numbers that wrap (RFC 3550 §A.1, RFC 1982). Pure, and of no other use."""

from __future__ import annotations


def ahead(value: int, of: int, bits: int) -> int:
    """How far ``value`` is ahead of ``of`` on a ring of ``bits`` bits: negative when it is behind."""
    size = 1 << bits
    distance = (value - of) & (size - 1)
    return distance - size if distance >= size >> 1 else distance


def unwrap16(seq: int, last: int) -> int:
    """The number near ``last`` (which does not wrap) whose low 16 bits are ``seq``."""
    distance = (seq - last) & 0xFFFF
    return last + distance - 0x10000 if distance >= 0x8000 else last + distance
