"""Throws mutated bytes at the parsers of the SFU: STUN, RTP, RTCP, transport feedback, VP8, H264, SDP.

``python -m tests.fuzz.fuzz_media tests/fuzz/corpus -max_total_time=60`` with atheris installed; ``--seeds`` writes the
corpus anew. A crash is an exception other than ``SdpError``. ``tests/unit/test_media_corpus.py`` runs the corpus.
"""

from __future__ import annotations

import sys
from pathlib import Path

from media import h264, media_lines, rtcp, rtp, sdp, stun, twcc, vp8
from media.packet import audio, video

CORPUS = Path(__file__).parent / "corpus"
LOCAL = media_lines.LocalTransport("u", "p", "AA", [media_lines.Candidate("udp", "192.0.2.1", 1)])


def one(data: bytes) -> None:
    """Every parser on the same bytes, as a datagram would come; text for SDP."""
    stun.parse_request(data)
    list(rtcp.parse(data))
    twcc.read(data)
    header = rtp.parse(data, len(data))
    if header is not None:
        rtp.read_extensions(data, header)
        vp8.parse(data, header.payload, header.end)
        h264.starts_key_frame(data, header.payload, header.end)
        video(header, 1, data, 96, "vp8")
        video(header, 1, data, 102, "h264")
        audio(header, 1, data, 111, 30)
    if data[:3] == b"v=0":
        try:
            offer = sdp.parse(data.decode("utf-8", "replace"))
            media_lines.answer(offer, LOCAL, [media_lines.take(section) for section in offer.sections])
        except sdp.SdpError:
            pass


def seeds() -> dict[str, bytes]:
    """Well-formed beginnings of every kind."""
    check = stun.request(b"0123456789ab", "a:b", b"k", priority=1, tie_breaker=2, use_candidate=True)
    arrivals = twcc.Arrivals()
    for n, at in ((1, 1.0), (2, 1.001), (5, 1.2), (40, 3.0)):
        arrivals.add(n, at)
    [feedback] = arrivals.take()
    block = rtcp.ReportBlock(1, 2, 3, 4, 5, 6, 7)
    head = rtp.one_byte_block({3: b"\0\1", 5: b"q"})
    slots = [media_lines.SlotLine("v0", "video", 11, 12, "t"), media_lines.SlotLine("p0", "audio", 13, 0, "t")]
    return {
        "stun": check,
        "rtp-vp8": rtp.build(96, 1, 2, 3, bytes.fromhex("90e08123074000") + b"x" * 20, extensions=head),
        "rtp-h264": rtp.build(102, 1, 2, 3, bytes.fromhex("7800026742000268ce"), extensions=head),
        "rtcp": rtcp.sender_report(rtcp.SenderReport(1, 2, 3, 4, 5, (block,))) + rtcp.nack(1, 2, [3, 4, 9]),
        "rtcp-twcc": rtcp.transport_feedback(1, 2, feedback),
        "twcc": feedback,
        "sdp": media_lines.offer(LOCAL, slots, 1).encode(),
    }


def main() -> None:
    if "--seeds" in sys.argv:
        CORPUS.mkdir(exist_ok=True)
        for name, data in seeds().items():
            (CORPUS / name).write_bytes(data)
        return
    import atheris  # type: ignore[import-not-found, unused-ignore]

    atheris.instrument_all()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
