"""Which bytes of a file a request gets: pure. One range or the whole; a changed file never continues an old one.

RFC 9110 §13.1.2 (If-None-Match), §13.1.5 (If-Range), §14.2 (Range). aiohttp's own answers 206 to an ``If-Range`` that
does not match, which glues two files together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

_RANGE = re.compile(r"\Abytes\s*=\s*(\d{0,16})\s*-\s*(\d{0,16})\s*\Z", re.IGNORECASE | re.ASCII)


class Slice(NamedTuple):
    """Status, first byte and number of bytes; 304 and 416 have none."""

    status: Literal[200, 206, 304, 416]
    first: int
    length: int


def choose(headers: Mapping[str, str], size: int, etag: str) -> Slice:
    """``etag`` is strong and quoted."""
    if _matches(headers.get("If-None-Match"), etag):
        return Slice(304, 0, 0)
    asked = headers.get("Range")
    whole = Slice(200, 0, size)
    if asked is None:
        return whole
    condition = headers.get("If-Range")
    if condition is not None and condition.strip() != etag:
        return whole  # a date or a weak tag proves nothing here
    found = _RANGE.match(asked.strip())
    if found is None:
        return whole  # other units and several ranges may be ignored (§14.2)
    first, last = found.groups()
    if not first:
        count = min(size, int(last)) if last else -1
        if count < 0:
            return whole
        return Slice(206, size - count, count) if count else Slice(416, 0, 0)
    begin = int(first)
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < begin:
        return whole  # not a valid range (§14.1.1)
    return Slice(206, begin, end - begin) if begin < size else Slice(416, 0, 0)


def _matches(header: str | None, etag: str) -> bool:
    """Weak comparison (§8.8.3.2)."""
    if header is None:
        return False
    return header.strip() == "*" or any(one.strip().removeprefix("W/") == etag for one in header.split(","))
