"""Pure rules of files: types by first bytes, names, ranges, the content's hash."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtserver.files.names import clean_name, disposition
from rtserver.routes.ranges import choose
from storage.blobs.sums import CELL_BYTES, Cells, content_hash
from storage.media_type import INLINE, media_type


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\2\0", "audio/mp4"),
        (
            b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\xf7\x81\1\x42\xf2\x81\4\x42\xf3\x81\x08\x42\x82\x84webm",
            "video/webm",
        ),
        (b"OggS\0\2" + bytes(22) + b"OpusHead\1", "audio/ogg"),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\3\4", "application/zip"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>", "application/octet-stream"),
        (b"<!DOCTYPE html><script>", "application/octet-stream"),
        (b"#EXTM3U\n", "application/octet-stream"),
        (b"\0\0\0\x20ftypavif", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_types_by_first_bytes(head: bytes, name: str) -> None:
    """E-7: what a file is, never what it is called; script in any form is no picture."""
    assert media_type(head).name == name


def test_nothing_shown_in_place_can_run() -> None:
    """E-14: neither SVG nor HTML, XML or PDF."""
    assert not [name for name in INLINE if not name.startswith(("image/", "video/", "audio/")) or "svg" in name]


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\я\\реферат.doc", "реферат.doc"),
        ("..", "file"),
        ("", "file"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("  много   пробелов .txt ", "много пробелов .txt"),
        (".bashrc", "bashrc"),
        ("x" * 10_000 + ".tar", "x" * 196 + ".tar"),
    ],
)
def test_names_lose_what_is_no_name(given_name: str, kept: str) -> None:
    """E-14: path parts, control and direction characters, 10,000 letters."""
    assert clean_name(given_name) == kept


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=400))
def test_any_name_is_harmless(name: str) -> None:
    """E-14: bounded, no path, and a header that holds exactly it."""
    kept = clean_name(name)
    assert 0 < len(kept) <= 200
    assert kept not in (".", "..")
    assert not set(kept) & set("/\\\0\r\n")
    header = disposition(kept, inline=False)
    assert header.isascii()
    assert header.isprintable()
    assert clean_name(kept) == kept


@given(st.integers(0, 10_000), st.integers(-1, 12_000), st.integers(-1, 12_000))
def test_ranges_stay_inside(size: int, first: int, last: int) -> None:
    """E-9: RFC 9110 §14: whatever is asked, the bytes exist."""
    asked = f"bytes={first if first >= 0 else ''}-{last if last >= 0 else ''}"
    part = choose({"Range": asked}, size, '"t"')
    assert part.first >= 0
    assert part.first + part.length <= size
    assert part.status in (200, 206, 416)
    if part.status == 206:
        assert part.length > 0
    assert choose({"Range": asked, "If-Range": '"old"'}, size, '"t"') == (200, 0, size)
    assert choose({"Range": asked, "If-None-Match": 'W/"t"'}, size, '"t"').status == 304


@given(st.lists(st.integers(0, 3 * CELL_BYTES), max_size=4))
@settings(max_examples=8, deadline=None)
def test_the_hash_does_not_see_how_a_file_was_cut(cuts: list[int]) -> None:
    """E-9: equal content has an equal hash."""
    data = os.urandom(1 << 16) * (3 * CELL_BYTES // (1 << 16)) + b"end"
    noted: list[bytes] = []
    cells = Cells(0)
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        cells = Cells(at, cells.open)
        cells.update(memoryview(data)[at:cut])
        noted += [digest for _, digest in cells.take()]
        at = cut
    whole = [hashlib.sha256(data[o : o + CELL_BYTES]).digest() for o in range(0, len(data), CELL_BYTES)]
    assert content_hash([*noted, *cells.last()]) == content_hash(whole)
