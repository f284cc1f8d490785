"""Receivers that never read, and connections on which nothing happens."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import socket
from pathlib import Path

import pytest

from rtserver.hub.frames import unmask
from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

POSTS = 300
"""2.4 MB: less than what a kernel would take for one who reads nothing (4 MiB), if it were let."""
TEXT = "ё" * 4000


@pytest.fixture
def server(tmp_path: Path):
    """Rates that let one account flood."""
    process = ServerProcess(tmp_path, RT_HUB__COMMANDS_BURST="5000.0")
    process.start()
    yield process
    process.kill()


def deaf(port: int, token: str) -> socket.socket:
    """A websocket client, connected and signed in, whose kernel takes little and who reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    client.sendall(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in client.recv(1024)
    body = ("40" + json.dumps({"token": token})).encode()
    mask = os.urandom(4)
    assert len(body) < 126
    client.sendall(bytes([0x81, 0x80 | len(body)]) + mask + unmask(body, mask))
    return client


def metric(server: ServerProcess, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", server.get("/metrics")[1], re.M)
    assert found
    return float(found[1])


async def test_a_client_that_never_reads_is_cut_and_misses_nothing(server: ServerProcess, school: School) -> None:
    """hub.md, slow receivers; E-2: it is cut, the others hear everything, and it resumes by its cursors."""
    masha, kolya = Client(school.tokens["masha"]), Client(school.tokens["kolya"])
    await masha.connect(server.url)
    made = await masha.call(
        "chat.create", kind="group", title="Г", nonce="create-01", members=[school.ids["kolya"], school.ids["teacher"]]
    )
    chat = made["chat"]
    await kolya.connect(server.url)
    silent = await asyncio.to_thread(deaf, server.port, school.tokens["teacher"])
    while metric(server, "rt_connections") < 3:  # noqa: ASYNC110 - another process's state
        await asyncio.sleep(0.05)
    for number in range(POSTS):
        posted = await masha.call("message.post", chat=chat, text=TEXT, nonce=f"post-{number:05}")
        assert posted["ok"], posted
    assert metric(server, "rt_slow_cuts") == 1
    last = posted["seq"]
    await kolya.wait(lambda e: e.get("seq") == last and e["kind"] == "message.posted")
    heard = [e["seq"] for e in kolya.events if e["kind"] == "message.posted"]
    assert heard == list(range(last - POSTS + 1, last + 1)), "a slow one costs nobody else an event"
    silent.close()
    back = Client(school.tokens["teacher"])
    await back.connect(server.url)
    listed = await back.call("chat.list")
    assert [c["head"] for c in listed["chats"] if c["id"] == chat] == [last]
    found: list[int] = []
    before = last + 1
    while True:
        page = await back.call("message.history", chat=chat, before=before, limit=50)
        found = [m["seq"] for m in page["messages"]] + found
        if not page["more_before"]:
            break
        before = found[0]
    assert found == heard
    near = [{"chat": chat, "seq": last - 5}]
    synced = await back.call("sync", epoch=listed["epoch"], account_seq=listed["account_seq"], chats=near)
    assert [e["seq"] for e in synced["chats"][0]["events"]] == list(range(last - 4, last + 1))
    far = [{"chat": chat, "seq": 1}]
    synced = await back.call("sync", epoch=listed["epoch"], account_seq=listed["account_seq"], chats=far)
    assert synced["chats"][0]["reset"], "an answer of megabytes is a reload instead"
    for client in (masha, kolya, back):
        await client.close()


async def test_an_idle_connection_stays(server: ServerProcess, school: School) -> None:
    """A connection lives on pings alone, longer than every time-out of the library, over both transports."""
    await asyncio.to_thread(server.stop)
    server.environment |= {"RT_HUB__PING_INTERVAL_S": "1", "RT_HUB__PING_TIMEOUT_S": "1"}
    await asyncio.to_thread(server.start)
    clients = [
        Client(school.tokens["masha"]),
        Client(school.tokens["kolya"], transports=["polling"]),
        Client(school.tokens["teacher"], msgpack=True, transports=["polling", "websocket"]),
    ]
    for client in clients:
        await client.connect(server.url)
    await asyncio.sleep(6)  # three times interval + time-out: the time itself is what is tested
    for client in clients:
        assert (await client.call("chat.list"))["ok"]
        await client.close()
