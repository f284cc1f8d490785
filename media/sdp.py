"""What we read of a browser's SDP (RFC 8866, RFC 8829): codecs, extensions, RIDs, ICE and DTLS parameters. Pure.

Everything that is not of use is skipped; what would be needed and is missing or wrong raises ``SdpError`` with a short
reason that may be told to the client.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST_BYTES = 200_000
"""An offer of Chromium with 40 m-lines has about 120 kB; anything longer is refused unread."""
SECTIONS_MOST = 128


class SdpError(ValueError):
    """The description cannot be used; the text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Codec:
    """An rtpmap with its fmtp parameters. ``name`` is in lower case."""

    payload_type: int
    name: str
    clock_hz: int
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Section:
    """One m-line of a remote description."""

    kind: str
    mid: str = ""
    port: int = 9
    protocol: str = "UDP/TLS/RTP/SAVPF"
    direction: str = "sendrecv"
    codecs: dict[int, Codec] = field(default_factory=dict)
    """By payload type, in the order of preference."""
    extensions: dict[str, int] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    """Those that it sends, smallest first as the client listed them."""
    ssrcs: list[int] = field(default_factory=list)
    pairs: dict[int, int] = field(default_factory=dict)
    """RTX stream → its primary (``a=ssrc-group:FID primary rtx``)."""


@dataclass(slots=True)
class Description:
    """A remote description with one bundle."""

    ufrag: str
    password: str
    fingerprints: list[tuple[str, str]]
    setup: str
    sections: list[Section]


_DIRECTIONS = {"sendrecv", "sendonly", "recvonly", "inactive"}


def parse(text: str) -> Description:
    """Read an offer or an answer. Line ends may be CRLF or LF."""
    if len(text) > LONGEST_BYTES:
        raise SdpError("too long")
    lines = text.split("\n")
    if not lines[0].startswith("v=0"):
        raise SdpError("does not begin with v=0")
    transport: dict[str, str] = {}
    fingerprints: list[tuple[str, str]] = []
    sections: list[Section] = []
    direction = "sendrecv"
    for raw in lines:
        line = raw.rstrip("\r")
        if line.startswith("m="):
            if len(sections) >= SECTIONS_MOST:
                raise SdpError("too many m-lines")
            sections.append(_media_line(line))
            sections[-1].direction = direction
            continue
        if not line.startswith("a="):
            continue
        name, _, value = line[2:].partition(":")
        if name in {"ice-ufrag", "ice-pwd", "setup"}:
            transport.setdefault(name, value.strip())
        elif name == "fingerprint":
            algorithm, _, digest = value.strip().partition(" ")
            if (algorithm.lower(), digest) not in fingerprints:
                fingerprints.append((algorithm.lower(), digest))
        elif name in _DIRECTIONS and not value:
            if sections:
                sections[-1].direction = name
            else:
                direction = name
        elif sections:
            _attribute(sections[-1], name, value.strip())
    if not sections:
        raise SdpError("no m-line")
    for needed in ("ice-ufrag", "ice-pwd"):
        if needed not in transport:
            raise SdpError(f"{needed} is missing")
    if not fingerprints:
        raise SdpError("fingerprint is missing")
    mids = [section.mid for section in sections]
    if len(set(mids)) != len(mids) or "" in mids:
        raise SdpError("every m-line needs a mid of its own")
    return Description(
        transport["ice-ufrag"], transport["ice-pwd"], fingerprints, transport.get("setup", "actpass"), sections
    )


def _media_line(line: str) -> Section:
    words = line[2:].split()
    if len(words) < 4 or words[0] not in {"audio", "video", "application"}:
        raise SdpError("unknown m-line")
    section = Section(words[0], protocol=words[2], port=_number(words[1].partition("/")[0]))
    if words[0] == "application":
        return section
    for word in words[3:]:
        number = _number(word)
        section.codecs[number] = Codec(number, "", 0)
    return section


def _attribute(section: Section, name: str, value: str) -> None:
    if name == "mid":
        if not 1 <= len(value) <= 16 or not value.isascii() or not value.isprintable():
            raise SdpError("unusable mid")
        section.mid = value
    elif name == "rtpmap":
        number, _, rest = value.partition(" ")
        parts = rest.split("/")
        known = section.codecs.get(_number(number))
        if known is not None and len(parts) >= 2:
            section.codecs[known.payload_type] = Codec(
                known.payload_type, parts[0].lower(), _number(parts[1]), known.parameters
            )
    elif name == "fmtp":
        number, _, rest = value.partition(" ")
        known = section.codecs.get(_number(number))
        if known is not None:
            for item in rest.split(";"):
                key, _, word = item.strip().partition("=")
                known.parameters[key.lower()] = word
    elif name == "extmap":
        words = value.split()
        if len(words) >= 2:
            section.extensions[words[1]] = _number(words[0].partition("/")[0])
    elif name == "rid":
        words = value.split()
        if len(words) >= 2 and words[1] == "send" and len(section.rids) < 8:
            section.rids.append(words[0])
    elif name == "ssrc":
        ssrc = _number(value.partition(" ")[0])
        if ssrc not in section.ssrcs and len(section.ssrcs) < 32:
            section.ssrcs.append(ssrc)
    elif name == "ssrc-group":
        words = value.split()
        if len(words) == 3 and words[0] == "FID":
            section.pairs[_number(words[2])] = _number(words[1])


def _number(word: str) -> int:
    if not word.isdecimal() or len(word) > 10:
        raise SdpError("a number is malformed")
    return int(word)
