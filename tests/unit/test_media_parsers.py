"""STUN, RTP, RTCP, transport feedback, VP8, H264 and SDP: literal bytes first, then anything at all."""

from __future__ import annotations

import random

import pytest
from aioice import stun as peer_stun
from aiortc.rtp import RtcpPacket, RtcpRtpfbPacket, RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from media import h264, media_lines, rtcp, rtp, sdp, stun, twcc, vp8
from media.media_lines import Candidate, LocalTransport, SlotLine

KEY = b"secret-password-of-22x"
U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)


def a_check(username: str = "ours:theirs", **more: bool) -> bytes:
    nominate = more.get("use_candidate", False)
    return stun.request(b"0123456789ab", username, KEY, priority=1, tie_breaker=2, use_candidate=nominate)


def test_a_check_of_another_implementation_is_read() -> None:
    """Issue 6, transport: MESSAGE-INTEGRITY and FINGERPRINT as aioice writes them."""
    message = peer_stun.Message(peer_stun.Method.BINDING, peer_stun.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["PRIORITY"] = 7
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(KEY)
    read = stun.parse_request(bytes(message))
    assert read is not None
    assert (read.ufrag, read.use_candidate) == ("ours", True)
    assert read.signed_by(KEY)
    assert not read.signed_by(b"another")


def test_another_implementation_reads_our_answer() -> None:
    read = peer_stun.parse_message(stun.success(b"0123456789ab", bytes([192, 0, 2, 1]), 4711, KEY))
    assert read.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 4711)
    six = bytes(15) + b"\1"
    read = peer_stun.parse_message(stun.success(b"0123456789ab", six, 4711, KEY))
    assert read.attributes["XOR-MAPPED-ADDRESS"] == ("::1", 4711)


@given(st.integers(0, 200), st.integers(1, 255))
def test_one_changed_byte_makes_no_valid_check(place: int, change: int) -> None:
    """Whatever byte is altered on the way, the check is refused by its shape, its checksum or its signature."""
    whole = bytearray(a_check(use_candidate=True))
    whole[place % len(whole)] ^= change
    read = stun.parse_request(bytes(whole))
    assert read is None or not read.signed_by(KEY)


@given(st.binary(max_size=1400))
def test_no_bytes_break_a_parser(data: bytes) -> None:
    assert stun.parse_request(data) is None
    header = rtp.parse(data, len(data))
    if header is not None:
        assert 12 <= header.payload <= header.end <= len(data)
        for place, size in rtp.read_extensions(data, header).values():
            assert header.extensions < place
            assert place + size <= header.extensions_end
        vp8.parse(data, header.payload, header.end)
        h264.starts_key_frame(data, header.payload, header.end)
    list(rtcp.parse(data))
    twcc.read(data)


Elements = st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=4)


@given(st.integers(0, 127), U16, U32, U32, st.binary(max_size=50), Elements, st.integers(0, 1))
def test_a_packet_is_read_as_aiortc_reads_it(
    kind: int, seq: int, stamp: int, ssrc: int, payload: bytes, elements: dict[int, bytes], marker: int
) -> None:
    data = rtp.build(kind, seq, stamp, ssrc, payload, marker=marker, extensions=rtp.one_byte_block(elements))
    header = rtp.parse(data, len(data))
    assert header is not None
    theirs = RtpPacket.parse(data)
    assert (header.payload_type, header.seq, header.timestamp, header.ssrc, header.marker) == (
        theirs.payload_type, theirs.sequence_number, theirs.timestamp, theirs.ssrc, theirs.marker,
    )  # fmt: skip
    assert data[header.payload : header.end] == theirs.payload == payload
    assert {n: data[a : a + s] for n, (a, s) in rtp.read_extensions(data, header).items()} == elements


@given(U16, st.sets(st.integers(0, 60), min_size=1, max_size=30))
def test_a_nack_says_exactly_these_numbers(first: int, offsets: set[int]) -> None:
    seqs = [(first + offset) & 0xFFFF for offset in sorted(offsets)]
    data = rtcp.nack(1, 2, seqs)
    assert list(rtcp.parse(data)) == [rtcp.Nack(2, tuple(seqs))]
    [theirs] = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRtpfbPacket)
    assert sorted(seq & 0xFFFF for seq in theirs.lost) == sorted(seqs)  # aiortc does not wrap them


@given(st.builds(rtcp.ReportBlock, U32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), U32, U32, U32, U32))
def test_reports_come_back_as_they_were_written(block: rtcp.ReportBlock) -> None:
    report = rtcp.SenderReport(7, 2**63 + 5, 2**31 + 1, 3, 4, (block,))
    whole = rtcp.sender_report(report) + rtcp.cname(7, "slot") + rtcp.pli(1, 9) + rtcp.bye(7)
    assert list(rtcp.parse(whole)) == [report, rtcp.KeyFrameRequest(9), rtcp.Bye((7,))]
    assert list(rtcp.parse(rtcp.receiver_report(1, [block]))) == [rtcp.ReceiverReport(1, (block,))]
    assert len(RtcpPacket.parse(whole)) == 4


def test_a_full_intra_request_is_a_key_frame_request() -> None:
    fir = bytes.fromhex("84ce0004 00000001 00000000 0000002a 01000000")
    assert list(rtcp.parse(fir)) == [rtcp.KeyFrameRequest(42)]


@settings(max_examples=200)
@given(U16, st.lists(st.tuples(st.integers(1, 30), st.floats(-0.05, 2.0)), min_size=1, max_size=120))
def test_transport_feedback_tells_what_came_and_what_did_not(first: int, steps: list[tuple[int, float]]) -> None:
    """Numbers wrap, packets overtake each other, holes are told as lost; times are right to 250 µs."""
    arrivals = twcc.Arrivals()
    sent, whole, now_s = {}, first + 0x10000, 1000.0
    for step, wait in steps:
        sent[whole] = now_s
        arrivals.add(whole & 0xFFFF, now_s)
        whole, now_s = whole + step, now_s + wait
    told: dict[int, float | None] = {}
    for fci in arrivals.take():
        assert len(fci) % 4 == 0
        read = twcc.read(fci)
        assert read is not None
        _, reference, fates = read
        for seq, ticks in fates:
            told[seq] = None if ticks is None else reference * 0.064 + ticks * twcc.TICK_S
    for number, at in sent.items():
        heard = told[number & 0xFFFF]
        assert heard is not None
        assert abs(heard - at) < 0.001
    assert sum(at is not None for at in told.values()) == len(sent)
    assert not arrivals.take()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("10 00", vp8.Descriptor(True, True, 0, 0, 0, 0, 0, 0)),
        ("00 01", vp8.Descriptor(False, False, 0, 0, 0, 0, 0, 0)),
        ("90 80 05 01", vp8.Descriptor(True, False, 2, 7, 5, 0, 0, 0)),
        ("90 e0 8123 07 40 00", vp8.Descriptor(True, True, 2, 15, 0x123, 4, 7, 1)),
        ("90 e0 81", None),
        ("90", None),
    ],
)
def test_vp8_descriptors(data: str, expected: vp8.Descriptor | None) -> None:
    raw = bytes.fromhex(data)
    assert vp8.parse(raw, 0, len(raw)) == expected


@pytest.mark.parametrize(
    ("data", "starts"),
    [
        ("67 42", True),
        ("65 88", True),
        ("61 88", False),
        ("78 0002 6742 0002 68ce", True),
        ("78 0002 0910 0002 6588", True),
        ("78 0002 0910", False),
        ("7c 85 88", True),
        ("7c 05 88", False),
        ("", False),
    ],
)
def test_h264_key_frames(data: str, starts: bool) -> None:
    raw = bytes.fromhex(data)
    assert h264.starts_key_frame(raw, 0, len(raw)) is starts


OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=fingerprint:sha-256 AA:BB
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 111 0
a=mid:0
a=sendonly
a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=rtpmap:111 opus/48000/2
a=rtpmap:0 PCMU/8000
m=video 9 UDP/TLS/RTP/SAVPF 100 101 96 97
a=mid:1
a=sendonly
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=rtpmap:100 VP9/90000
a=rtpmap:101 rtx/90000
a=fmtp:101 apt=100
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rid:q send
a=rid:f send
a=simulcast:send q;f
"""
HOSTS = [Candidate("udp", "192.0.2.1", 40000), Candidate("tcp", "192.0.2.1", 40000)]
LOCAL = LocalTransport("ours", "password", "CC:DD", HOSTS)


def test_an_answer_takes_what_is_forwarded_and_its_layers() -> None:
    """Issue 6, send side: the lines that Chromium was seen to need."""
    offer = sdp.parse(OFFER)
    said = media_lines.answer(offer, LOCAL, [media_lines.take(section) for section in offer.sections]).split("\r\n")
    for line in (
        "a=ice-lite", "a=group:BUNDLE 0 1", "a=setup:passive", "a=recvonly", "a=rtcp-rsize", "a=rid:q recv",
        "a=simulcast:recv q;f", "a=rtcp-fb:111 nack", "a=rtcp-fb:96 transport-cc", "a=fmtp:97 apt=96",
        "a=fmtp:96 x-google-start-bitrate=3000", "a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host",
    ):  # fmt: skip
        assert line in said
    assert not [line for line in said if "VP9" in line or "PCMU" in line]


def test_an_offer_of_slots_can_be_read_again() -> None:
    slots = [SlotLine("v0", "video", 11, 12, "teacher"), SlotLine("p0", "audio", 13, 0, "teacher")]
    read = sdp.parse(media_lines.offer(LOCAL, slots, 1))
    assert [(s.mid, s.kind, s.direction) for s in read.sections] == [
        ("v0", "video", "sendonly"),
        ("p0", "audio", "sendonly"),
    ]
    assert read.sections[0].pairs == {12: 11}
    assert read.fingerprints == [("sha-256", "CC:DD")]


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("a=ice-ufrag:abcd\n", ""),
        ("a=ice-pwd:0123456789012345678901\n", ""),
        ("a=fingerprint:sha-256 AA:BB\n", ""),
        ("a=mid:1\n", "a=mid:0\n"),
        ("a=mid:1\n", ""),
        ("m=audio 9", "m=text 9"),
        ("a=extmap:14 ", "a=extmap:x "),
        ("v=0", "v=1"),
    ],
)
def test_what_is_missing_is_said(change: str, to: str) -> None:
    with pytest.raises(sdp.SdpError):
        sdp.parse(OFFER.replace(change, to))


@given(st.randoms(use_true_random=False), st.integers(0, 40))
def test_a_mangled_offer_is_read_or_refused(chance: random.Random, changes: int) -> None:
    text = list(OFFER)
    for _ in range(changes):
        text[chance.randrange(len(text))] = chance.choice("\n\r =:;0a/9\x00ю")
    try:
        offer = sdp.parse("".join(text))
        media_lines.answer(offer, LOCAL, [media_lines.take(section) for section in offer.sections])
    except sdp.SdpError:
        pass
