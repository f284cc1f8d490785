"""The rules of tus 1.0.0: headers and an upload's state in, a decision out. Touches no disk, no clock, no socket.

Sections name https://tus.io/protocols/resumable-upload (1.0.0). Refusals are ``AppError`` of ``wire/file_errors.py``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from rtserver.wire.errors import AppError

VERSION = "1.0.0"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "termination",
    "concatenation",
)
CHECKSUMS = {"sha1": 20, "sha256": 32, "crc32": 4}
"""Algorithms of ``Upload-Checksum`` and the bytes of their digests; CRC-32 in network order."""
BODY_TYPE = "application/offset+octet-stream"
METADATA_CHARS = 4_096
"""Longest ``Upload-Metadata``: a name of 255 characters in UTF-8 and base64 has about 1,400."""
PARTS_MAX = 64
"""Parts of one concatenated upload; clients use three to ten."""
METHODS = frozenset({"HEAD", "PATCH", "DELETE", "OPTIONS"})
"""What ``X-HTTP-Method-Override`` may ask for."""

Kind = Literal["whole", "part", "final"]
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """``file_bytes``: largest file (D7). ``days``: after how many an unfinished upload goes."""

    file_bytes: int = 4_294_967_296
    days: int = 7


@dataclass(frozen=True, slots=True)
class Creation:
    """A checked POST. ``length`` is None while deferred; of a final upload it is the sum of its parts.

    ``parts`` are ids as they stand in the parts' addresses. ``body`` says that the request carries the first bytes.
    """

    kind: Kind
    length: int | None
    metadata: Mapping[str, str]
    raw_metadata: str = ""
    parts: tuple[str, ...] = ()
    body: bool = False
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Checksum:
    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class State:
    """What of an upload the rules look at. ``limit`` is the most bytes it may ever hold: its length, or while that is
    deferred what was set aside for it.
    """

    kind: Kind
    offset: int
    length: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Patch:
    """A checked PATCH. ``length`` is the upload's, ``declares`` that this request tells it; ``most`` is how many bytes
    the body may have; ``size`` how many it says it has, None for a chunked one.
    """

    offset: int
    length: int | None
    most: int
    size: int | None
    checksum: Checksum | None = None
    declares: bool = False


def method_of(method: str, headers: Headers) -> str:
    """The method that counts: some browsers and proxies know no PATCH or DELETE (`X-HTTP-Method-Override`)."""
    wanted = headers.get("X-HTTP-Method-Override", "").strip().upper()
    if method != "POST" or not wanted:
        return method
    if wanted not in METHODS:
        raise AppError("tus_header_invalid", field="X-HTTP-Method-Override")
    return wanted


def check_version(headers: Headers) -> None:
    """§Tus-Resumable: every request but OPTIONS carries the version; another one is refused with 412."""
    if headers.get("Tus-Resumable", "").strip() != VERSION:
        raise AppError("tus_version_unsupported")


def check_create(headers: Headers, limits: Limits) -> Creation:
    """§Creation, §Concatenation. ``file_too_big`` is told before a byte was sent (R-90)."""
    kind, parts = parse_concat(headers.get("Upload-Concat"))
    raw = headers.get("Upload-Metadata", "").strip()
    metadata = parse_metadata(raw)
    if kind == "final":
        if "Upload-Length" in headers or "Upload-Defer-Length" in headers:
            raise AppError("tus_header_invalid", field="Upload-Length")
        return Creation(kind, None, metadata, raw, parts)
    length = _length(headers, limits)
    size = body_size(headers)
    body = size is None or size > 0
    if body:
        _check_body_type(headers)
        if length is not None and size is not None and size > length:
            raise AppError("upload_length_mismatch", limit=length)
    checksum = parse_checksum(headers.get("Upload-Checksum")) if body else None
    return Creation(kind, length, metadata, raw, body=body, checksum=checksum)


def check_patch(state: State, headers: Headers, limits: Limits) -> Patch:
    """§PATCH. The offset must be the upload's own; a body never passes its length."""
    if state.kind == "final":
        raise AppError("upload_is_final")
    _check_body_type(headers)
    offset = _number(headers, "Upload-Offset")
    if offset is None:
        raise AppError("tus_header_invalid", field="Upload-Offset")
    if offset != state.offset:
        raise AppError("upload_offset_mismatch", offset=state.offset)
    checksum = parse_checksum(headers.get("Upload-Checksum"))
    length = _number(headers, "Upload-Length")
    declares = False
    if length is not None:
        if state.length is None:
            if length > limits.file_bytes:
                raise AppError("file_too_big", limit=limits.file_bytes)
            if length < state.offset:
                raise AppError("tus_header_invalid", field="Upload-Length")
            declares = True
        elif length != state.length:
            raise AppError("tus_header_invalid", field="Upload-Length")
    known = state.length if length is None else length
    most = (state.limit if known is None else known) - state.offset
    size = body_size(headers)
    if size is not None and size > most:
        if known is None:
            raise AppError("file_too_big", limit=state.limit)
        raise AppError("upload_length_mismatch", limit=most)
    return Patch(offset, known, most, size, checksum, declares)


def check_final(kinds: list[tuple[Kind, bool, int]], limits: Limits) -> int:
    """Length of an upload joined of parts, given as (kind, finished, length). Each must be a finished part."""
    if any(kind != "part" for kind, _, _ in kinds):
        raise AppError("tus_header_invalid", field="Upload-Concat")
    if not all(finished for _, finished, _ in kinds):
        raise AppError("upload_parts_unfinished")
    total = sum(length for _, _, length in kinds)
    if total > limits.file_bytes:
        raise AppError("file_too_big", limit=limits.file_bytes)
    return total


def body_size(headers: Headers) -> int | None:
    """Bytes of the request's body; None for a chunked one, whose end alone tells."""
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return None
    return _number(headers, "Content-Length") or 0


def parse_metadata(header: str) -> dict[str, str]:
    """§Upload-Metadata: ``key base64,key base64,key``. Values that are no UTF-8 are read with replacement."""
    if len(header) > METADATA_CHARS:
        raise AppError("tus_header_invalid", field="Upload-Metadata")
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        if not key.isascii() or not key.isprintable() or key in found:
            raise AppError("tus_header_invalid", field="Upload-Metadata")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise AppError("tus_header_invalid", field="Upload-Metadata") from None
    return found


def parse_checksum(header: str | None) -> Checksum | None:
    """§Checksum: ``sha1 base64``."""
    if header is None:
        return None
    algorithm, _, digest = header.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise AppError("checksum_unsupported")
    try:
        plain = base64.b64decode(digest.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise AppError("tus_header_invalid", field="Upload-Checksum") from None
    if len(plain) != CHECKSUMS[algorithm]:
        raise AppError("tus_header_invalid", field="Upload-Checksum")
    return Checksum(algorithm, plain)


def parse_concat(header: str | None) -> tuple[Kind, tuple[str, ...]]:
    """§Concatenation: nothing, ``partial``, or ``final;address address``, addresses absolute or relative."""
    if header is None:
        return "whole", ()
    word, separator, rest = header.strip().partition(";")
    if word == "partial" and not separator:
        return "part", ()
    parts = tuple(id_of(address) for address in rest.split())
    if word != "final" or not parts or len(parts) > PARTS_MAX or len(set(parts)) != len(parts):
        raise AppError("tus_header_invalid", field="Upload-Concat")
    return "final", parts


def id_of(address: str) -> str:
    """The id of an upload's address: its last path segment."""
    try:
        return unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
    except ValueError:
        raise AppError("tus_header_invalid", field="Upload-Concat") from None


def _length(headers: Headers, limits: Limits) -> int | None:
    """§Creation: exactly one of ``Upload-Length`` and ``Upload-Defer-Length: 1``."""
    length = _number(headers, "Upload-Length")
    deferred = headers.get("Upload-Defer-Length")
    if deferred is not None and (deferred.strip() != "1" or length is not None):
        raise AppError("tus_header_invalid", field="Upload-Defer-Length")
    if deferred is None and length is None:
        raise AppError("tus_header_invalid", field="Upload-Length")
    if length is not None and length > limits.file_bytes:
        raise AppError("file_too_big", limit=limits.file_bytes)
    return length


def _number(headers: Headers, name: str) -> int | None:
    """A non-negative decimal below 2**53, None when the header is missing."""
    text = headers.get(name)
    if text is None:
        return None
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 16) or int(plain) >= 2**53:
        raise AppError("tus_header_invalid", field=name)
    return int(plain)


def _check_body_type(headers: Headers) -> None:
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != BODY_TYPE:
        raise AppError("tus_content_type")
