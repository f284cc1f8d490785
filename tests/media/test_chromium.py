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


@pytest.mark.parametrize(("width", "height", "rids"), [(640, 480, {"h", "f"}), (320, 180, {""})])
async def test_a_smaller_camera_sends_the_layers_that_it_has(width: int, height: int, rids: set[str]) -> None:
    """Issue 6: Chromium cuts the full layer of small cameras, so they offer fewer; one encoding comes without a RID."""
    async with room_with("anna", "boris") as (room, [anna, boris]):
        await asyncio.gather(anna.join(width, height), boris.join(video=False))
        room.show("boris", ("v1", anna.track(), 720, 2))
        await boris.attach("v1")
        await boris.until(lambda found: found["v1"]["frames"] > 10 and found["v1"]["height"] == height)
        assert {row["rid"] for row in await anna.outbound() if row["kind"] == "video"} == rids


async def test_pictures_change_layer_and_the_decoder_sees_one_stream() -> None:
    """Issue 6: 20 changes of layer, each on a key frame; nothing counts as lost and the decoder asks for nothing."""
    async with room_with("anna", "vera") as (room, [anna, vera]):
        await asyncio.gather(anna.join(frameRate=15), vera.join(video=False))
        room.show("vera", ("v1", anna.track(), 720, 2))
        await vera.attach("v1")
        await vera.until(lambda found: found["v1"]["height"] == 720)
        for turn in range(20):
            height = (180, 720)[turn % 2]
            room.show("vera", ("v1", anna.track(), height, 2))
            await vera.until(lambda found, height=height: found["v1"]["height"] == height)
        after = (await vera.inbound())["v1"]
        assert (after["lost"], after["nacks"]) == (0, 0)
        assert after["keys"] >= 20


async def test_layers_that_nobody_watches_rest() -> None:
    """Issue 6: the publisher is told which layers anybody wants, and a rested one comes back with a key frame."""
    async with room_with("anna", "boris") as (room, [anna, boris]):
        await asyncio.gather(anna.join(frameRate=15), boris.join(video=False))
        mid = anna.track().partition("/")[2]
        room.show("boris", ("v1", anna.track(), 180, 3))
        assert room.layers["anna", mid] == ["q"]
        await anna.page.evaluate("(active) => peer.activate(active)", ["q"])
        await boris.attach("v1")
        await boris.until(lambda found: found["v1"]["height"] == 180 and found["v1"]["frames"] > 5)
        room.show("boris", ("v1", anna.track(), 720, 3))
        assert room.layers["anna", mid] == ["q", "h", "f"]
        await anna.page.evaluate("(active) => peer.activate(active)", ["q", "h", "f"])
        await boris.until(lambda found: found["v1"]["height"] == 720)


@pytest.mark.parametrize("way", ["plain sockets", "tcp", "ipv6"])
async def test_every_way_to_the_port_carries_a_call(way: str) -> None:
    """Issue 6, transport: one system call a datagram; ICE-TCP alone where UDP is blocked; IPv6."""
    hosts = ("::1",) if way == "ipv6" else ("127.0.0.1",)
    async with room_with("anna", "boris", plain=way == "plain sockets", hosts=hosts) as (room, [anna, boris]):
        if way == "tcp":
            room.port.candidates = [one for one in room.port.candidates if one.protocol == "tcp"]
        await asyncio.gather(anna.join(640, 360), boris.join(video=False))
        room.show("boris", ("v1", anna.track(), 720, 2))
        await boris.attach("v1")
        await boris.until(lambda found: found["v1"]["frames"] > 20)
