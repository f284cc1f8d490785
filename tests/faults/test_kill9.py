"""Kill -9 while people write: nothing acknowledged is lost, nothing is doubled, everybody has one order."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import socketio

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

ROUNDS = 20
SENDERS = 8


async def history(client: Client, chat: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = None
    while True:
        fields = {} if before is None else {"before": before}
        page = await client.call("message.history", chat=chat, limit=100, **fields)
        assert page["ok"], page
        found = page["messages"] + found
        if not page["more_before"]:
            return found
        before = page["messages"][0]["seq"]


async def test_kill_nine_loses_and_doubles_nothing(server: ServerProcess, school: School) -> None:
    """E-1, E-2: 20 rounds of kill -9 under 8 senders; unacknowledged posts are resent by their nonce."""
    chance = random.Random(9)
    acknowledged: dict[str, int] = {}
    chat = ""
    number = 0
    pending: list[list[str]] = [[] for _ in range(SENDERS)]
    for _ in range(ROUNDS):
        clients = [Client(school.tokens[name]) for name in ["masha", "kolya"] * (SENDERS // 2)]
        for client in clients:
            await client.connect(server.url)
        if not chat:
            made = await clients[0].call(
                "chat.create", kind="group", title="Г", nonce="create-01", members=[school.ids["kolya"]]
            )
            chat = made["chat"]

        async def send(index: int, client: Client, room: str) -> None:
            nonlocal number
            while True:
                if not pending[index]:
                    number += 1
                    pending[index].append(f"post-{index}-{number}")
                nonce = pending[index][0]
                answer = await client.call("message.post", chat=room, text=f"текст {nonce}", nonce=nonce)
                if answer["ok"]:
                    assert acknowledged.setdefault(nonce, answer["seq"]) == answer["seq"]
                    pending[index].pop(0)
                else:
                    assert answer["error"]["retryable"], answer
                    await asyncio.sleep(0.05)

        tasks = [asyncio.create_task(send(i, c, chat)) for i, c in enumerate(clients)]
        await asyncio.sleep(chance.uniform(0.1, 0.5))
        await asyncio.to_thread(server.kill)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            assert isinstance(result, asyncio.CancelledError | socketio.exceptions.SocketIOError), result
        for client in clients:
            await client.close()
        await asyncio.to_thread(server.start)
    readers = [Client(school.tokens[name], msgpack=name == "kolya") for name in ("masha", "kolya")]
    for reader in readers:
        await reader.connect(server.url)
    for index, nonces in enumerate(pending):
        for nonce in nonces:
            answer = await readers[index % 2].call("message.post", chat=chat, text=f"текст {nonce}", nonce=nonce)
            assert answer["ok"], answer
            acknowledged[nonce] = answer["seq"]
    seen = [await history(reader, chat) for reader in readers]
    assert [m["seq"] for m in seen[0]] == [m["seq"] for m in seen[1]]
    assert {m["nonce"]: m["seq"] for m in seen[0]} == acknowledged
    assert len(seen[0]) == len(acknowledged), "a message stands twice"
    assert len(acknowledged) > ROUNDS * 2
    for reader in readers:
        await reader.close()
    assert "events" in server.command("verify")


async def test_a_commit_that_was_never_published_is_found(server: ServerProcess, school: School) -> None:
    """Architecture §2: the bus is a hint. Another process commits and tells nobody; the heads show it within 5 s."""
    masha = Client(school.tokens["masha"])
    await masha.connect(server.url)
    made = await masha.call("chat.create", kind="group", title="Г", nonce="create-01", members=[school.ids["kolya"]])
    from rtserver.chat.posting import Post
    from storage.db import Database
    from storage.ids import parse_id
    from tests.house import House

    database = Database(server.environment["RT_STORAGE__DATABASE"])
    house = House(database)
    house.service.start()
    await house.service.post(Post(parse_id(made["chat"]), parse_id(school.ids["kolya"]), "silent-01", "тихо"))
    await house.service.close()
    await database.close()
    heard = await masha.wait(lambda e: e.get("text") == "тихо", timeout_s=12)
    assert heard["seq"] == made["seq"] + 1
    await masha.close()
