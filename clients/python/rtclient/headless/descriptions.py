"""The SDP that a headless participant writes: an offer of microphone and camera, an answer to slots."""

from __future__ import annotations

from collections.abc import Sequence

from media.media_lines import AUDIO_FEEDBACK, AUDIO_LEVEL, MID, REPAIRED_RID, RID, TRANSPORT_CC, VIDEO_FEEDBACK
from media.sdp import Description

OPUS, VP8, RTX = 111, 96, 97
IDS = {AUDIO_LEVEL: 1, TRANSPORT_CC: 3, MID: 4, RID: 5, REPAIRED_RID: 6}


def _session(mids: Sequence[str]) -> list[str]:
    return ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(mids)}"]


def _transport(ufrag: str, password: str, fingerprint: str, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]


def offer(ufrag: str, password: str, fingerprint: str, layers: Sequence[str]) -> str:
    """Mid 0 is the microphone; mid 1 the camera, when it has layers."""
    lines = _session(["0", "1"] if layers else ["0"])
    lines += [f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendonly"]
    lines += _transport(ufrag, password, fingerprint, "actpass")
    lines += [f"a=extmap:{IDS[uri]} {uri}" for uri in (MID, TRANSPORT_CC, AUDIO_LEVEL)]
    lines += [f"a=rtpmap:{OPUS} opus/48000/2"] + [f"a=rtcp-fb:{OPUS} {kind}" for kind in AUDIO_FEEDBACK]
    if layers:
        lines += [f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}", "c=IN IP4 0.0.0.0", "a=mid:1", "a=sendonly"]
        lines += _transport(ufrag, password, fingerprint, "actpass")
        lines += [f"a=extmap:{IDS[uri]} {uri}" for uri in (MID, RID, REPAIRED_RID, TRANSPORT_CC)]
        lines += [f"a=rtpmap:{VP8} VP8/90000", f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={VP8}"]
        lines += [f"a=rtcp-fb:{VP8} {kind}" for kind in VIDEO_FEEDBACK]
        lines += [f"a=rid:{rid} send" for rid in layers] + [f"a=simulcast:send {';'.join(layers)}"]
    return "\r\n".join(lines) + "\r\n"


def answer(offered: Description, ufrag: str, password: str, fingerprint: str) -> str:
    """Take every slot as it is offered."""
    lines = _session([section.mid for section in offered.sections])
    for section in offered.sections:
        formats = " ".join(str(number) for number in section.codecs)
        lines += [f"m={section.kind} 9 {section.protocol} {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}"]
        lines += ["a=recvonly", *_transport(ufrag, password, fingerprint, "active")]
    return "\r\n".join(lines) + "\r\n"
