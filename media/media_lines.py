"""The SDP that we write: answers to a publisher's offer, offers of slots to a receiver. Pure; parses nothing.

One bundle, RTCP muxed, ICE-lite, DTLS passive; the lines are those that Chromium was seen to take.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .sdp import Codec, Description, SdpError, Section

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TAKEN = (MID, RID, REPAIRED_RID, TRANSPORT_CC, AUDIO_LEVEL)
"""Extensions that an answer keeps of an offer."""

OPUS, VP8, VP8_RTX, H264, H264_RTX = 111, 96, 97, 102, 103
"""Payload types towards receivers: the same for all, so one prepared packet serves everybody."""
TRANSPORT_CC_ID, AUDIO_LEVEL_ID = 3, 1
"""Extension identifiers towards receivers, constant for the same reason."""
H264_PARAMETERS = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=1"
START_KBPS = 3_000
"""x-google-start-bitrate: with it Chromium sends all three layers within 65–165 ms, without it after seconds."""
VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "transport-cc")
AUDIO_FEEDBACK = ("nack", "transport-cc")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where we listen. ``protocol`` is udp or tcp (passive, RFC 6544)."""

    protocol: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our side of one connection: ICE credentials, the certificate's SHA-256 fingerprint, candidates."""

    ufrag: str
    password: str
    fingerprint: str
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One m-line of a receiver: a constant SSRC (and one for RTX with video) that carries whoever is put there."""

    mid: str
    kind: str
    ssrc: int
    rtx: int
    stream: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What an answer takes of one m-line of the offer; ``codec`` None refuses it."""

    section: Section
    codec: Codec | None
    rtx: Codec | None


def take(section: Section) -> Taken:
    """The codec we forward of a publisher's m-line: Opus, or the first of VP8 and H264 (constrained, mode 1) in the
    order of the offer, with its RTX.
    """
    if section.kind == "application" or section.port == 0 or section.direction in {"recvonly", "inactive"}:
        return Taken(section, None, None)
    chosen = next((codec for codec in section.codecs.values() if _forwarded(section.kind, codec)), None)
    rtx = None
    if chosen is not None:
        wanted = str(chosen.payload_type)
        rtx = next((c for c in section.codecs.values() if c.name == "rtx" and c.parameters.get("apt") == wanted), None)
    return Taken(section, chosen, rtx)


def _forwarded(kind: str, codec: Codec) -> bool:
    if kind == "audio":
        return codec.name == "opus" and codec.clock_hz == 48_000
    if codec.name == "h264":
        profile = codec.parameters.get("profile-level-id", "").lower()
        return codec.parameters.get("packetization-mode") == "1" and profile[:4] in {"42e0", "42c0", "4200"}
    return codec.name == "vp8"


def answer(offer: Description, transport: LocalTransport, taken: Iterable[Taken]) -> str:
    """The answer to a publisher's offer: recvonly, all layers, feedback wanted."""
    if offer.setup not in {"actpass", "active"}:
        raise SdpError("the client must be able to open DTLS (a=setup:actpass)")
    rows = list(taken)
    mids = [one.section.mid for one in rows if one.codec is not None]
    lines = _session(transport, mids)
    first = True
    for one in rows:
        if one.codec is None:
            formats = " ".join(str(number) for number in one.section.codecs) or "webrtc-datachannel"
            lines += [f"m={one.section.kind} 0 {one.section.protocol} {formats}", "c=IN IP4 0.0.0.0"]
            lines += [f"a=mid:{one.section.mid}", "a=inactive"]
            continue
        lines += _answer_section(one, one.codec, transport, with_candidates=first)
        first = False
    return "\r\n".join(lines) + "\r\n"


def _answer_section(one: Taken, codec: Codec, transport: LocalTransport, *, with_candidates: bool) -> list[str]:
    section, number = one.section, codec.payload_type
    formats = f"{number} {one.rtx.payload_type}" if one.rtx else str(number)
    lines = [f"m={section.kind} 9 {section.protocol} {formats}", "c=IN IP4 0.0.0.0"]
    lines += _transport(transport, "passive", with_candidates=with_candidates)
    lines += [f"a=mid:{section.mid}", "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize"]
    lines += [f"a=extmap:{section.extensions[uri]} {uri}" for uri in TAKEN if uri in section.extensions]
    if section.kind == "audio":
        lines += [f"a=rtpmap:{number} opus/48000/2", f"a=fmtp:{number} {OPUS_PARAMETERS}"]
        lines += [f"a=rtcp-fb:{number} {kind}" for kind in AUDIO_FEEDBACK]
        return lines
    name = "VP8" if codec.name == "vp8" else "H264"
    start = f"x-google-start-bitrate={START_KBPS}"
    profile = ";".join(f"{key}={value}" for key, value in codec.parameters.items() if not key.startswith("x-google"))
    lines += [f"a=rtpmap:{number} {name}/90000", f"a=fmtp:{number} {f'{profile};{start}' if profile else start}"]
    lines += [f"a=rtcp-fb:{number} {kind}" for kind in VIDEO_FEEDBACK]
    if one.rtx:
        rtx = one.rtx.payload_type
        lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={number}"]
    if section.rids:
        lines += [f"a=rid:{rid} recv" for rid in section.rids]
        lines.append(f"a=simulcast:recv {';'.join(section.rids)}")
    return lines


def offer(transport: LocalTransport, slots: Sequence[SlotLine], version: int) -> str:
    """The offer of a receiver's slots; ``version`` grows with every offer of the same connection."""
    lines = _session(transport, [slot.mid for slot in slots], version)
    for slot in slots:
        video = slot.kind == "video"
        formats = f"{VP8} {VP8_RTX} {H264} {H264_RTX}" if video else str(OPUS)
        lines += [f"m={slot.kind} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0"]
        # candidates in every section: aiortc takes those of the last
        lines += _transport(transport, "actpass", with_candidates=True)
        lines += [f"a=mid:{slot.mid}", "a=sendonly", "a=rtcp-mux", "a=rtcp-rsize"]
        lines.append(f"a=extmap:{TRANSPORT_CC_ID} {TRANSPORT_CC}")
        if video:
            for number, rtx, name in ((VP8, VP8_RTX, "VP8"), (H264, H264_RTX, "H264")):
                lines.append(f"a=rtpmap:{number} {name}/90000")
                lines += [f"a=rtcp-fb:{number} {kind}" for kind in VIDEO_FEEDBACK]
                lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={number}"]
            lines.append(f"a=fmtp:{H264} {H264_PARAMETERS}")
            lines.append(f"a=ssrc-group:FID {slot.ssrc} {slot.rtx}")
        else:
            lines.append(f"a=extmap:{AUDIO_LEVEL_ID} {AUDIO_LEVEL}")
            lines += [f"a=rtpmap:{OPUS} opus/48000/2", f"a=fmtp:{OPUS} {OPUS_PARAMETERS}"]
            lines += [f"a=rtcp-fb:{OPUS} {kind}" for kind in AUDIO_FEEDBACK]
        lines.append(f"a=msid:{slot.stream} {slot.mid}")
        for ssrc in (slot.ssrc, slot.rtx) if video else (slot.ssrc,):
            lines += [f"a=ssrc:{ssrc} cname:{slot.stream}", f"a=ssrc:{ssrc} msid:{slot.stream} {slot.mid}"]
    return "\r\n".join(lines) + "\r\n"


def _session(transport: LocalTransport, mids: Sequence[str], version: int = 1) -> list[str]:
    lines = ["v=0", f"o=- 4611731400430051336 {version} IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    return [*lines, f"a=group:BUNDLE {' '.join(mids)}".rstrip(), "a=msid-semantic: WMS *", "a=extmap-allow-mixed"]


def _transport(transport: LocalTransport, setup: str, *, with_candidates: bool) -> list[str]:
    lines = [f"a=ice-ufrag:{transport.ufrag}", f"a=ice-pwd:{transport.password}"]
    lines += [f"a=fingerprint:sha-256 {transport.fingerprint}", f"a=setup:{setup}"]
    if with_candidates:
        lines += [candidate_line(one, place) for place, one in enumerate(transport.candidates)]
        lines.append("a=end-of-candidates")
    return lines


def candidate_line(one: Candidate, place: int) -> str:
    """RFC 8445 §5.1.2.1: type preference 126 (host); UDP before TCP, the configured order inside each."""
    local = (65_535 if one.protocol == "udp" else 32_767) - place
    priority = 126 << 24 | local << 8 | 255
    tail = " tcptype passive" if one.protocol == "tcp" else ""
    return f"a=candidate:{place + 1} 1 {one.protocol} {priority} {one.address} {one.port} typ host{tail}"
