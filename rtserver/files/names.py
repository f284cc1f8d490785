"""Names of files as people gave them, made harmless: pure. A name never becomes a path; it is told and shown only."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

NAME_CHARS = 200
"""Longest kept name: Windows and Linux take 255 bytes, of which Cyrillic letters need two each."""
_PARTS = re.compile(r"[/\\]")
_SAFE = re.compile(r"[^A-Za-z0-9._ ()+-]")


def clean_name(name: str) -> str:
    """The last part of a path, without control, direction and private characters, with its ending when it is cut."""
    plain = _PARTS.split(unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in plain if unicodedata.category(c)[0] != "C").strip().strip(".")
    kept = " ".join(kept.split())
    if len(kept) > NAME_CHARS:
        stem, dot, ending = kept.rpartition(".")
        ending = ending if stem and len(ending) <= 12 else ""
        kept = kept[: NAME_CHARS - len(ending) - 1].rstrip() + (dot + ending if ending else "")
    return kept or "file"


def disposition(name: str, *, inline: bool) -> str:
    """``Content-Disposition`` (RFC 6266): a plain ASCII name for old programs, the whole one in UTF-8 beside it."""
    plain = _SAFE.sub("_", name).strip() or "file"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
