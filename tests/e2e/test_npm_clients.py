"""Stock npm socket.io-client 4.8: both parsers, and polling that upgrades."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.conftest import School
from tests.e2e.node_client import FOLDER, NodeClient
from tests.e2e.server import ServerProcess

TEXT = "Ёжик 👩‍🏫 сказал: «Привет»\nиз 7А\u2028🇷🇺"


@pytest_asyncio.fixture
async def npm(server: ServerProcess, school: School) -> AsyncIterator[dict[str, NodeClient]]:
    if not (FOLDER / "node_modules").exists():
        pytest.skip("npm ci --prefix tests/e2e/node")
    made = {
        "teacher": NodeClient(school.tokens["teacher"], parser="msgpack"),
        "masha": NodeClient(school.tokens["masha"]),
        "kolya": NodeClient(school.tokens["kolya"], transports="polling,websocket"),
    }
    try:
        await asyncio.gather(*(client.connect(server.url) for client in made.values()))
        await made["kolya"].state("websocket")  # the upgrade is through
        yield made
    finally:
        for client in made.values():
            await client.close()


async def test_every_action_is_seen_by_every_npm_client(npm: dict[str, NodeClient], school: School) -> None:
    """E-1, R-91: the same events in the same order, Russian and emoji unharmed, over both parsers and an upgrade."""
    teacher, masha, kolya = npm["teacher"], npm["masha"], npm["kolya"]
    others = [school.ids["masha"], school.ids["kolya"]]
    made = await teacher.call("chat.create", kind="group", title="7А 🎒", nonce="create-01", members=others)
    assert made["ok"], made
    chat = made["chat"]
    for client in npm.values():
        await client.wait(lambda e: e["kind"] == "chat.joined")
    posted = await masha.call("message.post", chat=chat, text=TEXT, nonce="post-0001")
    seq = posted["seq"]
    steps = [
        (kolya, "message.post", {"text": "Ответ", "reply_to": seq, "nonce": "post-0002"}),
        (masha, "message.edit", {"target": seq, "text": TEXT + "!", "nonce": "edit-0001"}),
        (kolya, "message.react", {"target": seq, "emoji": "🎉"}),
        (teacher, "message.pin", {"target": seq, "nonce": "pin-00001"}),
        (teacher, "message.delete", {"targets": [seq], "scope": "everyone", "nonce": "del-00001"}),
    ]
    for client, command, fields in steps:
        answer = await client.call(command, chat=chat, **fields)
        assert answer["ok"], (command, answer)
    heard = []
    for client in npm.values():
        await client.wait(lambda e: e["kind"] == "message.deleted")
        heard.append([e for e in client.events if e.get("seq", 0) >= seq and e.get("chat") == chat])
    assert heard[0] == heard[1] == heard[2]
    assert [e["seq"] for e in heard[0]] == list(range(seq, seq + 6))
    assert heard[0][0]["text"] == TEXT


async def test_npm_clients_come_back_and_miss_nothing(
    server: ServerProcess, npm: dict[str, NodeClient], school: School
) -> None:
    """E-2: the server is killed and started again on its port; the stock client reconnects, ``sync`` closes the gap."""
    teacher, masha = npm["teacher"], npm["masha"]
    made = await teacher.call("chat.create", kind="group", title="Г", nonce="create-01", members=[school.ids["masha"]])
    before = await masha.call("chat.list")
    cursor = next(c["head"] for c in before["chats"] if c["id"] == made["chat"])
    await asyncio.to_thread(server.kill)
    await masha.state("disconnect")
    server.environment["RT_SERVER__PORT"] = str(server.port)
    await asyncio.to_thread(server.start)
    await teacher.state("connect", 2)
    posted = await teacher.call("message.post", chat=made["chat"], text=TEXT, nonce="post-0001")
    assert posted["ok"], posted
    await masha.state("connect", 2)
    chats = [{"chat": made["chat"], "seq": cursor}]
    synced = await masha.call("sync", epoch=before["epoch"], account_seq=before["account_seq"], chats=chats)
    assert [e["text"] for e in synced["chats"][0]["events"]] == [TEXT]
