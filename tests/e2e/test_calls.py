"""Calls through a real server, its media worker, its hub: two browsers, a killed worker, doors that stay shut."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess
from tests.media.room import PeerPage, browser_pages


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """With one media worker on a port of the system's choice."""
    process = ServerProcess(tmp_path, RT_MEDIA__WORKERS="1", RT_MEDIA__PORT="0")
    process.start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


async def a_chat(teacher: Client, school: School) -> str:
    """A group that the teacher has made with Masha in it."""
    made = await teacher.call("chat.create", kind="group", title="7А", nonce="abcdefgh", members=[school.ids["masha"]])
    chat: str = made["chat"]
    return chat


async def started(client: Client, chat: str) -> dict[str, Any]:
    """A call, as soon as the worker is there."""
    answer = await client.call("call.start", chat=chat, nonce="abcdefgh")
    assert answer["ok"], answer
    call: dict[str, Any] = answer["call"]
    return call


async def entered(client: Client, call: str, participant: str = "") -> dict[str, Any]:
    """The answer to ``call.join``; a worker that is starting says so, and the client comes again."""
    more = {"participant": participant} if participant else {}
    async with asyncio.timeout(20):
        while True:
            joined = await client.call("call.join", call=call, **more)
            if joined["ok"]:
                return joined
            assert joined["error"]["retryable"], joined
            await asyncio.sleep(0.05)


class Device:
    """One person in the call: a socket for commands, a page for media."""

    def __init__(self, client: Client, page: PeerPage) -> None:
        self.client, self.page = client, page
        self.call = self.participant = ""

    async def do(self, command: str, **fields: Any) -> dict[str, Any]:
        answer = await self.client.call(command, call=self.call, participant=self.participant, **fields)
        assert answer["ok"], (command, answer)
        return answer

    async def join(self, call: str) -> None:
        self.call = call
        joined = await entered(self.client, call, self.participant)
        self.participant = joined["participant"]
        await self.page.open()
        await self.do("call.answer", sdp=await self.page.receive(joined["offer"]))
        mine = await self.page.offer()
        lines = [{"mid": m, "name": n, "heights": mine["heights"].get(m, [])} for m, n in mine["names"].items()]
        await self.page.answered((await self.do("call.offer", sdp=mine["sdp"], lines=lines))["sdp"])

    async def see(self, other: Device) -> str:
        """Ask for the other's camera; the slot it is in."""

        def sends_camera(event: dict[str, Any]) -> bool:
            return event["kind"] == "call.tracks_changed" and any(
                t["participant"] == other.participant and t["name"] == "camera" for t in event["tracks"]
            )

        event = await self.client.wait(sends_camera)
        track = next(
            t["id"] for t in event["tracks"] if t["participant"] == other.participant and t["name"] == "camera"
        )
        slots = (await self.do("call.slots", wanted=[{"track": track, "height": 720}]))["slots"]
        mid: str = next(slot["mid"] for slot in slots if slot["track"] == track)
        await self.page.attach(mid)
        await self.page.until(lambda found: found[mid]["frames"] > 10)
        return mid


@pytest.fixture
async def pages() -> AsyncIterator[list[PeerPage]]:
    async with browser_pages("teacher", "masha") as made:
        yield made


async def test_a_lesson_is_seen_and_comes_back_after_a_killed_worker(
    server: ServerProcess, school: School, clients: dict[str, Client], pages: list[PeerPage]
) -> None:
    """R-98, R-102, R-106, issue 6: members only; both see each other; a worker killed -9 is back on the same port, and
    whoever was inside enters again and keeps the place.
    """
    teacher, masha = Device(clients["teacher"], pages[0]), Device(clients["masha"], pages[1])
    chat = await a_chat(teacher.client, school)
    call = await started(teacher.client, chat)
    told = await masha.client.wait(lambda event: event["kind"] == "call.started")
    assert told["call"] == call["id"]
    await teacher.join(call["id"])
    await masha.join(call["id"])
    assert await masha.see(teacher) == "v0", "the teacher's picture shares a stream with the teacher's voice"
    await teacher.see(masha)
    await masha.page.attach("p0")
    await masha.page.until(lambda found: found["p0"]["energy"] > 0.000_01)

    [worker] = [
        child
        for child in psutil.Process(server.process.pid).children()
        if "media" in child.cmdline()  # type: ignore[union-attr] # it runs
    ]
    places = (teacher.participant, masha.participant)
    for device in (teacher, masha):
        device.client.events.clear()
    os.kill(worker.pid, signal.SIGKILL)
    for device in (teacher, masha):
        await device.client.wait(lambda event: event["kind"] == "call.media_lost")
        await device.join(call["id"])
    assert (teacher.participant, masha.participant) == places
    await masha.see(teacher)

    ended = await masha.client.call("call.end", call=call["id"])
    assert ended["error"]["code"] == "call_end_not_allowed"
    assert (await teacher.client.call("call.end", call=call["id"]))["ok"]
    await masha.client.wait(lambda event: event["kind"] == "call.ended")
    assert (await masha.client.call("call.state", chat=chat))["call"] is None


async def test_no_stranger_gets_in(server: ServerProcess, school: School, clients: dict[str, Client]) -> None:
    """R-106: only members of the chat; another's place in the call cannot be used; who is removed is out."""
    teacher, masha = clients["teacher"], clients["masha"]
    chat = await a_chat(teacher, school)
    call = await started(teacher, chat)
    stranger_id = server.command("admin", "account", "add", "Ева", "Чужая", "--school", "Другая", "--role", "student")
    stranger = Client(server.command("admin", "account", "token", stranger_id))
    await stranger.connect(server.url)
    for command, fields in {
        "call.start": {"chat": chat, "nonce": "abcdefgh"},
        "call.state": {"chat": chat},
        "call.join": {"call": call["id"]},
        "call.end": {"call": call["id"]},
    }.items():
        answer = await stranger.call(command, **fields)
        assert answer["error"]["code"] == "not_member", (command, answer)
    mine = await entered(masha, call["id"])
    for who in (stranger, teacher):
        answer = await who.call("call.slots", call=call["id"], participant=mine["participant"], wanted=[])
        assert answer["error"]["code"] == "participant_unknown"
    await stranger.close()
