"""rtclient against the real server process: live events, resume, a network that breaks, a client that restarts."""

from __future__ import annotations

import asyncio
import random
import stat
from pathlib import Path
from typing import Any

import pytest
from rtclient import Client, Ended, NotSent, Options, Refused, Reloaded, StoreInUse, new_nonce
from rtclient.backoff import Backoff

from rtserver.wire import chat as w
from tests.e2e.conftest import School
from tests.e2e.proxy import Proxy
from tests.e2e.server import ServerProcess

QUICK = Options(backoff=Backoff(first_s=0.05, most_s=0.2))
TEXT = "Ёжик 👩‍🏫 сказал: «Привет»\nиз 7А"


async def group(client: Client, *others: str) -> str:
    made = await client.call(w.ChatCreate(kind="group", title="7А", nonce=new_nonce(), members=list(others)))
    return made.chat


async def posts(events: Any, count: int, timeout_s: float = 20) -> list[w.MessagePosted]:
    """The next so many posts of a reader."""
    found: list[w.MessagePosted] = []
    async with asyncio.timeout(timeout_s):
        async for event in events:
            if isinstance(event, w.MessagePosted):
                found.append(event)
                if len(found) == count:
                    break
    return found


async def history(client: Client, chat: str) -> list[Any]:
    found: list[Any] = []
    before = None
    while True:
        page = await client.call(w.MessageHistory(chat=chat, before=before, limit=100))
        found = page.messages + found
        if not page.more_before:
            return found
        before = page.messages[0].seq


async def test_two_clients_talk_and_hold_the_same_state(server: ServerProcess, school: School) -> None:
    """E-1, E-3: a post arrives as written; both hold what chat.list says; reading clears the count."""
    async with Client(server.url, school.tokens["masha"]) as masha, Client(server.url, school.tokens["kolya"]) as kolya:
        heard = kolya.events()
        chat = await group(masha, school.ids["kolya"])
        posted = await masha.post(chat, TEXT)
        [event] = await posts(heard, 1)
        assert (event.text, event.seq, event.actor) == (TEXT, posted.seq, school.ids["masha"])
        await masha.call(w.MessageReact(chat=chat, target=posted.seq, emoji="🎉"))
        await kolya.connect()
        listed = await kolya.call(w.ChatList())
        assert [c.unread for c in listed.chats] == [1]
        assert await kolya.call(w.MessageRead(chat=chat, seq=posted.seq)) == w.MessageReading(
            read_seq=posted.seq, unread=0
        )
        for client in (masha, kolya):
            listed = await client.call(w.ChatList())
            await client.connect()
            assert client.state.chats == {one.id: one for one in listed.chats}


async def test_refusals_carry_the_code(server: ServerProcess, school: School) -> None:
    """E-15: a refused command raises its code at its caller; the client lives on. A wrong token ends it."""
    async with Client(server.url, school.tokens["masha"]) as masha:
        with pytest.raises(Refused) as refused:
            await masha.post("123", "кому?")
        assert refused.value.code == "chat_unknown"
        assert not refused.value.retryable
        assert await masha.call(w.ChatList())
    stranger = Client(server.url, "x" * 43)
    with pytest.raises(Ended, match="unauthorized"):
        await stranger.connect()
    with pytest.raises(Ended):
        await stranger.post("123", "кто я?")
    await stranger.close()


async def test_a_burst_over_the_rate_arrives_whole_and_in_order(server: ServerProcess, school: School) -> None:
    """E-1: rate_limited is waited for, and no later message of the chat overtakes an earlier one."""
    async with Client(server.url, school.tokens["masha"], options=QUICK) as masha:
        chat = await group(masha, school.ids["kolya"])
        await asyncio.gather(*(masha.post(chat, str(number)) for number in range(75)))
        assert [m.text for m in await history(masha, chat)] == [str(number) for number in range(75)]


async def test_a_network_that_cuts_at_random(server: ServerProcess, school: School) -> None:
    """E-1, E-2: 25 cuts in the middle of frames; both directions lose, double and reorder nothing."""
    chance = random.Random(4)
    async with Proxy(server.port) as proxy:
        masha = Client(proxy.url, school.tokens["masha"], options=QUICK)
        kolya = Client(proxy.url, school.tokens["kolya"], options=QUICK)
        heard = kolya.events()
        try:
            await masha.connect()
            await kolya.connect()
            chat = await group(masha, school.ids["kolya"])

            async def cut() -> None:
                while proxy.cuts < 25:
                    proxy.cut_after_bytes = chance.randrange(1, 3_000)
                    before = proxy.cuts
                    async with asyncio.timeout(20):
                        while proxy.cuts == before:
                            await masha.call(w.PeopleContacts())

            cutter = asyncio.create_task(cut())
            sent = [f"текст {number}" for number in range(60)]
            await asyncio.gather(*(masha.post(chat, text) for text in sent), cutter)
            assert [event.text for event in await posts(heard, len(sent))] == sent
            assert [m.text for m in await history(masha, chat)] == sent
            assert masha.connections > 5
            await kolya.connect()
            listed = await kolya.call(w.ChatList())
            assert kolya.state.chats == {one.id: one for one in listed.chats}
        finally:
            await masha.close()
            await kolya.close()


async def test_a_graceful_restart_is_waited_for(server: ServerProcess, school: School) -> None:
    """E-2, E-13: a goodbye with reconnect brings the client back; what was posted meanwhile arrives once."""
    server.environment["RT_SERVER__PORT"] = str(server.port)
    async with Client(server.url, school.tokens["masha"], options=QUICK) as masha:
        heard = masha.events()
        chat = await group(masha, school.ids["kolya"])
        await asyncio.to_thread(server.stop)
        waiting = asyncio.create_task(masha.post(chat, "пока сервера нет"))
        await asyncio.to_thread(server.start)
        async with Client(server.url, school.tokens["kolya"]) as kolya:
            await kolya.post(chat, "я тут")
        await asyncio.wait_for(waiting, 20)
        assert sorted(event.text for event in await posts(heard, 2)) == ["пока сервера нет", "я тут"]
        assert masha.connections == 2


async def test_a_session_that_ends_ends_the_client(server: ServerProcess, school: School) -> None:
    """Architecture §2: after log-out the client stays away and says why."""
    import aiohttp

    async with Client(server.url, school.tokens["masha"]) as masha:
        heard = masha.events()
        headers = {"Cookie": f"rt_session={school.tokens['masha']}", "Origin": server.url}
        async with aiohttp.ClientSession() as http, http.post(f"{server.url}/api/logout", headers=headers) as answer:
            assert answer.status == 200
        with pytest.raises(Ended, match="session_ended"):
            await asyncio.wait_for(posts(heard, 1), 10)
        with pytest.raises(Ended):
            await masha.call(w.ChatList())


async def test_a_new_start_goes_on_where_the_last_one_ended(
    server: ServerProcess, school: School, tmp_path: Path
) -> None:
    """E-2: with a store nothing is missed between two runs, and what was not sent is sent, once."""
    file = tmp_path / "masha.db"
    async with Client(server.url, school.tokens["kolya"]) as kolya:
        chat = await group(kolya, school.ids["masha"])
        first = Client(server.url, school.tokens["masha"], store=file)
        heard = first.events()
        await first.connect()
        assert isinstance(await anext(heard), Reloaded)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with pytest.raises(StoreInUse):
            Client(server.url, school.tokens["masha"], store=file)
        await kolya.post(chat, "раз")
        await kolya.post(chat, "два")
        assert [event.text for event in await posts(heard, 2)] == ["раз", "два"]
        # "два" was given but never done with: the next run is given it again
        await first.close()
        await kolya.post(chat, "три")

        offline = Client("http://127.0.0.1:9", school.tokens["masha"], store=file, options=QUICK)
        offline.send(w.MessagePost(chat=chat, text="из прошлой жизни", nonce="old-life-01"))
        offline.send(w.MessagePost(chat="123", text="никому", nonce="old-life-02"))
        await offline.close()

        second = Client(server.url, school.tokens["masha"], store=file)
        heard = second.events()
        await second.connect()
        texts, refused = [], []
        async with asyncio.timeout(20):
            while len(texts) < 3 or not refused:
                event = await anext(heard)
                if isinstance(event, w.MessagePosted):
                    texts.append(event.text)
                elif isinstance(event, NotSent):
                    refused.append(event.error["code"])
        assert texts == ["два", "три", "из прошлой жизни"]
        assert refused == ["chat_unknown"]
        await second.close()
        third = Client(server.url, school.tokens["masha"], store=file)
        assert len(third._outbox) == 0
        await third.connect()
        assert [m.text for m in await history(third, chat)] == ["раз", "два", "три", "из прошлой жизни"]
        await third.close()
