"""A bus that loses hints: what a hub tells must not depend on any single one of them (architecture §2, hub.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest_asyncio
from aiohttp import web

from rtserver.auth.sessions import Sessions, open_session
from rtserver.bus.base import Hint, account_stream, chat_stream
from rtserver.bus.memory import MemoryBus
from rtserver.chat.resume import StreamLogs
from rtserver.hub.hub import Hub
from rtserver.hub.settings import HubSettings
from storage.ids import parse_id, wire_id
from tests.e2e.server import Client
from tests.house import House


@dataclass
class LossyHub:
    """A hub over real sockets whose bus passes on only what ``keeps`` lets through."""

    house: House
    url: str = ""
    keeps: Callable[[Hint], bool] = lambda hint: True
    clients: list[Client] = field(default_factory=list)

    async def client(self, account: int) -> Client:
        token = await self.house.database.write(
            lambda connection: open_session(connection, account, "test", self.house.now())
        )
        client = Client(token)
        await client.connect(self.url)
        self.clients.append(client)
        return client

    def lose(self, *streams: str) -> None:
        """From now on no hint of these streams arrives."""
        self.keeps = lambda hint: hint.stream not in streams


@pytest_asyncio.fixture
async def hub(house: House) -> AsyncIterator[LossyHub]:
    lossy = LossyHub(house)
    bus = MemoryBus()

    def some(hints: Sequence[Hint]) -> None:
        bus.publish([hint for hint in hints if lossy.keeps(hint)])

    house.bus.subscribe(some)
    database = house.database
    settings = HubSettings(heads_every_s=0.05)
    built = Hub(settings, Sessions(database, house.now), StreamLogs(database), bus, house.handlers, house.now)
    await built.start()
    app = web.Application()
    built.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    lossy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield lossy
    for client in lossy.clients:
        await client.close()
    await built.close()
    await runner.cleanup()


async def three(house: House) -> tuple[int, int, int, str]:
    masha, kolya, petya = [await house.person("student", "7Б") for _ in range(3)]
    return masha, kolya, petya, await house.group(masha, [petya])


def told(client: Client, chat: str) -> list[int]:
    return [event["seq"] for event in client.events if event["kind"] == "message.posted" and event["chat"] == chat]


async def test_a_join_whose_hint_in_the_chat_is_lost(house: House, hub: LossyHub) -> None:
    """E-2: the account's own log brings the newcomer in, and everything after it is told."""
    masha, kolya, _, chat = await three(house)
    client = await hub.client(kolya)
    hub.lose(chat_stream(parse_id(chat)))
    await house.do(masha, "chat.member.add", chat=chat, accounts=[wire_id(kolya)])
    await client.wait(lambda e: e["kind"] == "chat.joined" and e["chat"] == chat)
    posted = await house.do(masha, "message.post", chat=chat, text="а")
    await client.wait(lambda e: e["kind"] == "message.posted" and e["seq"] == posted.seq)


async def test_a_join_of_which_no_hint_arrives(house: House, hub: LossyHub) -> None:
    """E-2: nobody else here hears the chat, so only the head of the account's own log can tell of it."""
    masha, kolya, _, chat = await three(house)
    client = await hub.client(kolya)
    hub.lose(chat_stream(parse_id(chat)), account_stream(kolya))
    await house.do(masha, "chat.member.add", chat=chat, accounts=[wire_id(kolya)])
    await client.wait(lambda e: e["kind"] == "chat.joined" and e["chat"] == chat)
    posted = await house.do(masha, "message.post", chat=chat, text="а")
    await client.wait(lambda e: e["kind"] == "message.posted" and e["seq"] == posted.seq)


async def test_a_leave_of_which_no_hint_arrives(house: House, hub: LossyHub) -> None:
    """R-86: who was removed hears nothing more, though the bus is silent about it."""
    masha, kolya, petya, chat = await three(house)
    await house.do(masha, "chat.member.add", chat=chat, accounts=[wire_id(kolya)])
    removed, other = await hub.client(kolya), await hub.client(petya)
    hub.lose(chat_stream(parse_id(chat)), account_stream(kolya))
    await house.do(masha, "chat.member.remove", chat=chat, account=wire_id(kolya))
    posted = await house.do(masha, "message.post", chat=chat, text="а")
    await other.wait(lambda e: e["kind"] == "message.posted" and e["seq"] == posted.seq)
    await removed.wait(lambda e: e["kind"] == "chat.left" and e["chat"] == chat)
    last = await house.do(masha, "message.post", chat=chat, text="б")
    await other.wait(lambda e: e["kind"] == "message.posted" and e["seq"] == last.seq)
    assert told(removed, chat) == []
