"""What a file is, by its first bytes: pure. A name's ending never makes a file something that a browser runs.

Only what stands here is ever shown in place; anything else, SVG and HTML among it, is handed over as a download of
unknown type. Signatures: the formats' own specifications; WHATWG MIME Sniffing §6.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

HEAD_BYTES = 64
StoredKind = Literal["picture", "video", "audio", "file"]


class MediaType(NamedTuple):
    kind: StoredKind
    name: str


UNKNOWN = MediaType("file", "application/octet-stream")
_STARTS: tuple[tuple[bytes, MediaType], ...] = (
    (b"\xff\xd8\xff", MediaType("picture", "image/jpeg")),
    (b"\x89PNG\r\n\x1a\n", MediaType("picture", "image/png")),
    (b"GIF87a", MediaType("picture", "image/gif")),
    (b"GIF89a", MediaType("picture", "image/gif")),
    (b"ID3", MediaType("audio", "audio/mpeg")),
    (b"fLaC", MediaType("audio", "audio/flac")),
    (b"%PDF-", MediaType("file", "application/pdf")),
    (b"PK\x03\x04", MediaType("file", "application/zip")),
)
_BRANDS = {
    b"M4A ": MediaType("audio", "audio/mp4"),
    b"M4B ": MediaType("audio", "audio/mp4"),
    b"qt  ": MediaType("video", "video/quicktime"),
}
_MP4 = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"})
INLINE = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "video/quicktime",
        "audio/mpeg", "audio/flac", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/aac",
    }
)  # fmt: skip
"""Types that a browser shows and never runs."""


def media_type(head: bytes) -> MediaType:
    """The type that the first ``HEAD_BYTES`` say."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF":
        return {
            b"WEBP": MediaType("picture", "image/webp"),
            b"WAVE": MediaType("audio", "audio/wav"),
        }.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand, MediaType("video", "video/mp4") if brand in _MP4 else UNKNOWN)
    if head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head:
        return MediaType("video", "video/webm")
    if head[:4] == b"OggS":
        sound = head[28:36].startswith((b"OpusHead", b"\x01vorbis"))
        return MediaType("audio", "audio/ogg") if sound else UNKNOWN
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # ADTS: layer 0
        return MediaType("audio", "audio/aac")
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 not in (0xF0, 0x00):
        return MediaType("audio", "audio/mpeg")  # MPEG layer III without a tag
    return UNKNOWN
