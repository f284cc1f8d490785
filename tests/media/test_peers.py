"""Another implementation against the SFU: aiortc's own peer connection."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from media import control as c
from tests.media.room import WAIT_S, Room


class Picture(MediaStreamTrack):
    """A moving gradient, 10 frames a second."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(0.1)
        self._count += 1
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((n + self._count * 3) & 0xFF for n in range(plane.line_size)) * plane.height)
        frame.pts, frame.time_base = self._count * 9_000, Fraction(1, 90_000)
        return frame


async def test_aiortc_is_seen_and_sees() -> None:
    """Issue 6: aiortc's peer connection both ways: one encoding without RID, its frames decoded by itself."""
    room = Room()
    room.sfu.start()
    sending, receiving = RTCPeerConnection(), RTCPeerConnection()
    tracks: dict[str, MediaStreamTrack] = {}
    try:
        offer = room.order(c.Join, participant="anna")
        room.order(c.Join, participant="boris")
        sending.addTrack(Picture())
        sending.addTrack(AudioStreamTrack())
        await sending.setLocalDescription(await sending.createOffer())
        said = room.order(c.Publish, participant="boris", sdp=sending.localDescription.sdp)
        await sending.setRemoteDescription(RTCSessionDescription(said, "answer"))
        receiving.on("track", lambda track: tracks.setdefault(track.id, track))
        await receiving.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await receiving.setLocalDescription(await receiving.createAnswer())
        room.order(c.Answer, participant="anna", sdp=receiving.localDescription.sdp)
        camera = next(key for key, row in room.tracks.items() if row["name"] == "camera")
        room.show("anna", ("v1", camera, 240, 2))
        async with asyncio.timeout(WAIT_S):
            for _ in range(5):
                frame = await tracks["v1"].recv()
                assert isinstance(frame, av.VideoFrame)
                assert (frame.width, frame.height) == (320, 240)
    finally:
        await sending.close()
        await receiving.close()
        await room.sfu.close()
