"""Chromium with fake devices against the SFU, both directions: frames are decoded, voices heard."""

from __future__ import annotations

import asyncio

import pytest

from tests.media.room import room_with


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_two_browsers_see_and_hear_each_other_in_three_layers(codec: str) -> None:
    """R-102: camera and microphone go both ways; three layers of 1280×720 are on the wire, the largest is shown."""
    async with room_with("anna", "boris") as (room, [anna, boris]):
        await asyncio.gather(anna.join(codec=codec), boris.join(codec=codec))
        room.show("anna", ("v1", boris.track(), 720, 2))
        room.show("boris", ("v1", anna.track(), 720, 2))
        for one in (anna, boris):
            await one.attach("v1")
            for voice in ("p0", "p1"):
                await one.attach(voice)
            await one.until(lambda found: found["v1"]["frames"] > 30 and found["v1"]["height"] == 720)
            await one.until(lambda found: sum(row["energy"] for mid, row in found.items() if mid[0] == "p") > 0.000_01)
        layers = {row["rid"]: row["frames"] for row in await anna.outbound() if row["kind"] == "video"}
        assert set(layers) == {"q", "h", "f"}
        assert all(frames > 0 for frames in layers.values())
