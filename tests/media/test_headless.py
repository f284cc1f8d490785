"""Headless participants against the SFU: numbers continued, losses mended, addresses moved, bursts of people."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rtclient.headless.participant import LAYERS, Headless

from media import control as c
from media import stun
from media.dtls import Certificate
from tests.media.room import WAIT_S, Room

CERTIFICATE = Certificate()


async def until(wanted: Callable[[], bool], why: Callable[[], object] = lambda: "") -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            while True:  # counters of both ends: nobody tells when they move
                if wanted():
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(why()) from None


async def enter(room: Room, name: str, layers: tuple[str, ...] = LAYERS, *, speaks: bool = True) -> Headless:
    made = Headless(CERTIFICATE, layers, speaks=speaks)

    async def answer(sdp: str) -> None:
        room.order(c.Answer, participant=name, sdp=sdp)

    async def publish(sdp: str) -> str:
        heights = {"1": [180, 360, 720][-len(layers) :]} if layers else {}
        return room.order(c.Publish, participant=name, sdp=sdp, names={}, heights=heights)

    await made.join(answer, publish, room.order(c.Join, participant=name))
    return made


@asynccontextmanager
async def lesson(*names: str) -> AsyncIterator[tuple[Room, dict[str, Headless]]]:
    room = Room()
    room.sfu.start()
    people: dict[str, Headless] = {}
    try:
        for name in names:
            people[name] = await enter(room, name)
        yield room, people
    finally:
        for one in people.values():
            await one.close()
        await room.sfu.close()


async def test_forty_changes_make_one_stream() -> None:
    """Issue 6: 20 changes of layer and 20 of who is in the slot; no number is missing, no timestamp runs backward."""
    async with lesson("anna", "boris", "vera") as (room, people):
        vera = people["vera"].listener.slots["v1"]
        room.show("vera", ("v1", "anna/1", 720, 2))
        await until(lambda: vera.packets > 50)
        call = room.sfu.calls["1"]
        slot = call.participants["vera"].downlink.slot("v1")
        assert slot is not None
        for turn in range(40):
            who, height = ("anna", (180, 720)[turn % 2]) if turn < 20 else (("boris", "anna")[turn % 2], 720)
            switches, came = slot.switches, vera.packets
            room.show("vera", ("v1", f"{who}/1", height, 2))
            await until(lambda switches=switches: slot.switches > switches)
            await until(lambda came=came: vera.packets > came + 5)
        assert (vera.jumps, len(vera.missing), vera.missing.lost) == (0, 0, 0)


async def test_losses_on_both_ways_are_mended() -> None:
    """Issue 6: at 5 % of loss up and down everything comes in the end, by RTX for pictures and again for voices."""
    async with lesson("anna", "vera") as (room, people):
        chance = random.Random(7)
        people["anna"].sender.drop = lambda seq: chance.random() < 0.05
        people["vera"].listener.endpoint.drop = lambda: chance.random() < 0.05
        slots = people["vera"].listener.slots
        room.show("vera", ("v1", "anna/1", 720, 2))
        voices = [slots[mid] for mid in ("p0", "p1", "p2", "p3")]
        await until(lambda: slots["v1"].packets > 500 and sum(one.packets for one in voices) > 200)
        people["anna"].sender.drop = lambda seq: False
        people["vera"].listener.endpoint.drop = lambda: False
        await until(lambda: not any(len(one.missing) for one in (slots["v1"], *voices)))
        assert slots["v1"].repaired > 10
        assert people["anna"].sender.nacked > 10
        assert slots["v1"].missing.lost <= slots["v1"].packets * 0.002
        assert sum(one.missing.lost for one in voices) <= 2


async def test_a_phone_that_changes_its_address_stays_in() -> None:
    """Issue 6: another address with a valid check carries on the same session, both ways."""
    async with lesson("anna", "vera") as (room, people):
        heard = people["vera"].listener.slots["v1"]
        room.show("vera", ("v1", "anna/1", 180, 2))
        await until(lambda: heard.packets > 10)
        for end in (people["anna"].sender.endpoint, people["vera"].listener.endpoint):
            end.move()
        came = heard.packets
        await until(lambda: heard.packets > came + 20)
        assert not [notice for notice in room.notices if notice.kind == "gone"]


async def test_thirty_come_and_go_in_a_burst() -> None:
    """Issue 6: thirty join at once, each hears and sees; one that leaves is out of every slot."""
    async with lesson("teacher") as (room, people):
        names = [f"pupil{n}" for n in range(30)]
        made = await asyncio.gather(*(enter(room, name, (), speaks=False) for name in names))
        people.update(zip(names, made, strict=True))
        for name in names:
            room.show(name, ("v0", "teacher/1", 180, 1))
        await until(lambda: all(people[name].listener.slots["v0"].packets > 20 for name in names))
        room.order(c.Leave, participant="teacher")
        call = room.sfu.calls["1"]
        assert len(call.participants) == 30
        assert all(slot.track is None for one in call.participants.values() for slot in one.downlink.pictures)


async def test_a_silent_participant_is_found_out() -> None:
    """RFC 7675: without checks the consent ends, the place is free, and signaling is told."""
    async with lesson("anna", "vera") as (room, people):
        for end in (people["anna"].sender.endpoint, people["anna"].listener.endpoint):
            end.silent = True
        person = room.sfu.calls["1"].participants["anna"]
        for connection in (person.uplink.connection, person.downlink.connection):
            assert connection.checked_s is not None
            connection.checked_s -= 31
        await until(lambda: any(n.kind == "gone" and n.participant == "anna" for n in room.notices))
        assert "vera" in room.sfu.calls["1"].participants


async def test_a_thin_line_steps_down_the_ladder_and_up_again() -> None:
    """Experience 4.9: what does not fit is lowered, then paused by rank, sound goes on; each rung is told once."""
    async with lesson("anna", "vera") as (room, people):
        listener = people["vera"].listener
        room.show("vera", ("v1", "anna/1", 720, 2))
        await until(lambda: listener.slots["v1"].packets > 50)
        call = room.sfu.calls["1"]
        estimator = call.participants["vera"].downlink.estimator
        thin = True

        def squeeze(*_: object) -> None:
            if thin:
                estimator.rate_bps = 60_000.0

        estimator.feed = squeeze  # type: ignore[method-assign] # a line of 60 kbit/s
        estimator.rate_bps = 60_000.0
        await until(lambda: any(n.kind == "rung" and n.fields["rung"] == 5 for n in room.notices))
        voice = sum(listener.slots[mid].packets for mid in ("p0", "p1", "p2", "p3"))
        pictures = listener.slots["v1"].packets
        await until(lambda: sum(listener.slots[mid].packets for mid in ("p0", "p1", "p2", "p3")) > voice + 50)
        assert listener.slots["v1"].packets <= pictures + 40
        thin = False
        estimator.rate_bps = 5_000_000.0
        await until(lambda: [n.fields["rung"] for n in room.notices if n.kind == "rung"][-1] == 0)
        await until(lambda: listener.slots["v1"].packets > pictures + 100)


async def test_hostile_datagrams_change_nothing() -> None:
    """Issue 6, transport: noise, checks for others, media from nowhere: no answer, no new address, the call goes on."""
    async with lesson("anna", "vera") as (room, people):
        heard = people["vera"].listener.slots["v1"]
        room.show("vera", ("v1", "anna/1", 180, 2))
        await until(lambda: heard.packets > 10)
        [door] = room.port.doors
        known, chance = dict(door.by_source), random.Random(3)
        connection = room.sfu.calls["1"].participants["anna"].uplink.connection
        forged = stun.request(
            b"0123456789ab", f"{connection.ufrag}:x", b"wrong", priority=1, tie_breaker=2, use_candidate=True
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.1", 0))
            stranger.setblocking(False)
            for n in range(2_000):
                noise = chance.randbytes(chance.randrange(1, 1_400))
                stranger.sendto(
                    (noise, forged, bytes([0x80, 0xE0]) + noise, bytes([22]) + noise)[n % 4], door.plane.bound
                )
                if n % 50 == 0:
                    await asyncio.sleep(0.001)
            came = heard.packets
            await until(lambda: heard.packets > came + 20)
            assert door.by_source == known
            try:
                answer = stranger.recv(2_048)
            except BlockingIOError:
                answer = b""
            assert answer == b""
