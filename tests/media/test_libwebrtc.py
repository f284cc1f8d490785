"""Google's libwebrtc, through its Python binding, against the SFU: both ways, frames decoded by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from media import control as c
from tests.media.room import WAIT_S, Room


async def test_libwebrtc_is_seen_and_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 6: libwebrtc publishes its own camera and microphone, and another decodes them out of a slot."""
    monkeypatch.setenv("WRTC_ALLOW_LOOPBACK", "1")
    import webrtc

    room = Room()
    room.sfu.start()
    sending, receiving = webrtc.RTCPeerConnection(), webrtc.RTCPeerConnection()
    try:
        offer = room.order(c.Join, participant="anna")
        room.order(c.Join, participant="boris")
        asked = webrtc.MediaStreamConstraints(audio=True, video=True)
        media = await webrtc.media_devices.get_user_media(asked)
        for track in media.get_tracks():
            sending.add_track(track, media)
        await sending.set_local_description(await sending.create_offer())
        said = room.order(c.Publish, participant="boris", sdp=sending.local_description.sdp)
        await sending.set_remote_description(webrtc.RTCSessionDescription("answer", said))
        await receiving.set_remote_description(webrtc.RTCSessionDescription("offer", offer))
        await receiving.set_local_description(await receiving.create_answer())
        room.order(c.Answer, participant="anna", sdp=receiving.local_description.sdp)
        camera = next(key for key, row in room.tracks.items() if row["name"] == "camera")
        room.show("anna", ("v1", camera, 360, 2))
        decoded = 0
        async with asyncio.timeout(WAIT_S):
            while decoded < 20:
                rows = dict(await receiving.get_stats())
                decoded = max((frames(row) for row in rows.values()), default=0)
                await asyncio.sleep(0.1)
    finally:
        sending.close()
        receiving.close()
        await room.sfu.close()


def frames(row: Any) -> int:
    found = row.get("framesDecoded", 0) if isinstance(row, dict) else getattr(row, "frames_decoded", 0)
    return int(found or 0)
