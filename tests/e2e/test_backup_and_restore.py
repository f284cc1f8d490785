"""Back-up under way, restore, and clients that lived through both: a real process and its command line."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess


def refused(server: ServerProcess, *arguments: str) -> str:
    """What a command says that must fail."""
    done = subprocess.run(
        [sys.executable, "-m", "rtserver", *arguments],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


async def post(client: Client, chat: str, texts: list[str]) -> list[int]:
    seqs = []
    for text in texts:
        answer = await client.call("message.post", chat=chat, text=text, nonce=f"nonce-{text.encode().hex()}")
        assert answer["ok"], answer
        seqs.append(answer["seq"])
    return seqs


async def texts_of(client: Client, chat: str) -> list[tuple[int, str]]:
    page = await client.call("message.history", chat=chat, limit=100)
    return [(m["seq"], m["text"]) for m in page["messages"]]


async def resumed(client: Client, held: dict[str, Any], chat: str) -> list[tuple[int, str]]:
    """What a client holds after it came back with its cursors: by the protocol's own rules."""
    cursors = [{"chat": chat, "seq": held["head"]}]
    synced = await client.call("sync", epoch=held["epoch"], account_seq=held["account_seq"], chats=cursors)
    assert synced["ok"], synced
    if synced["reset"]:
        held["texts"] = await texts_of(client, chat)
    else:
        for delta in synced["chats"]:
            held["texts"] += [(e["seq"], e["text"]) for e in delta["events"] if e["kind"] == "message.posted"]
    listed = await client.call("chat.list")
    state = next(c for c in listed["chats"] if c["id"] == chat)
    held |= {"epoch": listed["epoch"], "account_seq": listed["account_seq"], "head": state["head"]}
    return held["texts"]


async def test_after_a_restore_clients_hold_what_the_server_has(server: ServerProcess, school: School) -> None:
    """Architecture §2: back-up, 20 posts, restore, 20 others under the same seqs: nobody takes them for doubles."""
    archive = str(server.home / "kept.tar")
    masha = Client(school.tokens["masha"])
    await masha.connect(server.url)
    made = await masha.call(
        "chat.create", kind="group", title="Г", nonce="create-01", members=[school.ids["kolya"], school.ids["teacher"]]
    )
    chat = made["chat"]
    held: dict[str, Any] = {"epoch": "", "account_seq": 0, "head": 0, "texts": []}
    kept = [f"до {n}" for n in range(20)]
    writing = asyncio.create_task(post(masha, chat, kept[10:]))
    await asyncio.to_thread(server.command, "backup", str(server.home / "early.tar"))  # while people write
    await writing
    await post(masha, chat, kept[:10])
    await asyncio.to_thread(server.command, "backup", archive)
    lost = await post(masha, chat, [f"потеряно {n}" for n in range(20)])
    before = await resumed(masha, held, chat)
    assert len(before) == 40
    assert "in use" in await asyncio.to_thread(refused, server, "restore", archive, "--force")
    await masha.close()
    await asyncio.to_thread(server.stop)
    assert "--force" in await asyncio.to_thread(refused, server, "restore", archive)
    said = await asyncio.to_thread(server.command, "restore", archive, "--force")
    assert "events" in said, "it verifies what it restored"
    await asyncio.to_thread(server.start)
    kolya = Client(school.tokens["kolya"], msgpack=True)
    await kolya.connect(server.url)
    new = await post(kolya, chat, [f"новое {n}" for n in range(20)])
    assert new == lost, "the same seqs with other words: what the epoch is for"
    await masha.connect(server.url)
    truth = await texts_of(kolya, chat)
    assert await resumed(masha, held, chat) == truth
    assert {text for _, text in truth} == set(kept) | {f"новое {n}" for n in range(20)}
    for client in (masha, kolya):
        await client.close()
    assert "events" in await asyncio.to_thread(server.command, "verify")


async def test_the_index_is_made_anew_beside_the_running_server(server: ServerProcess, school: School) -> None:
    """R-92: ``rtserver admin reindex`` empties the index and fills it; the server goes on and search finds the same."""
    masha = Client(school.tokens["masha"])
    await masha.connect(server.url)
    made = await masha.call("chat.create", kind="group", title="Г", members=[school.ids["kolya"]], nonce="group-0001")
    await post(masha, made["chat"], [f"тетрадь {n}" for n in range(40)])
    before = await masha.call("message.search", query="тетради ", limit=50)
    assert len(before["items"]) == 40
    assert server.command("admin", "reindex").strip() == "1 chats"
    assert await masha.call("message.search", query="тетради ", limit=50) == before
    await masha.close()
