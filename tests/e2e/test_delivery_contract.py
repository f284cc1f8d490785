"""What every path of delivery promises, held on the house's own and on python-socketio as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess
from tests.e2e.test_chat_over_sockets import TEXT, a_group


@pytest.fixture(params=["direct", "stock"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    direct = "true" if request.param == "direct" else "false"
    process = ServerProcess(tmp_path, RT_HUB__DIRECT_DELIVERY=direct)
    process.start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


async def test_a_burst_arrives_whole_and_in_order(clients: dict[str, Client], school: School) -> None:
    """E-1: 50 posts sent at once, over msgpack, websocket and an upgraded polling, each text unharmed."""
    chat = await a_group(clients, school)
    masha = clients["masha"]
    answers = await asyncio.gather(
        *(masha.call("message.post", chat=chat, text=f"{TEXT} {n}", nonce=f"burst-{n:04}") for n in range(50))
    )
    assert all(a["ok"] for a in answers)
    last = max(a["seq"] for a in answers)
    for client in clients.values():
        await client.wait(lambda e: e["kind"] == "message.posted" and e["seq"] == last)
        posted = [e for e in client.events if e["kind"] == "message.posted"]
        assert [e["seq"] for e in posted] == list(range(last - 49, last + 1))
        assert {e["text"] for e in posted} == {f"{TEXT} {n}" for n in range(50)}


async def test_polling_alone_hears_everything(
    server: ServerProcess, school: School, clients: dict[str, Client]
) -> None:
    poller = Client(school.tokens["masha"], transports=["polling"])
    await poller.connect(server.url)
    chat = await a_group(clients, school)
    posted = await poller.call("message.post", chat=chat, text=TEXT, nonce="post-0001")
    heard = await poller.wait(lambda e: e["kind"] == "message.posted")
    assert (heard["seq"], heard["text"]) == (posted["seq"], TEXT)
    await poller.close()


async def test_a_packet_too_big_ends_that_connection_only(
    server: ServerProcess, school: School, clients: dict[str, Client]
) -> None:
    """``too_big``: the websocket closes with 1009 (RFC 6455 §7.4.1); everybody else goes on."""
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket") as ws:
            await ws.receive()
            await ws.send_str("4" + "x" * 300_000)
            while not ws.closed:
                await ws.receive(timeout=10)
            assert ws.close_code == 1009
        if server.environment["RT_HUB__DIRECT_DELIVERY"] == "true":  # the library waits for ever for its own queue
            url = f"{server.url}/socket.io/?EIO=4&transport=polling"
            async with http.get(url) as answer:
                sid = (await answer.text()).split('"sid":"')[1].split('"')[0]
            async with http.post(f"{url}&sid={sid}", data="4" * 300_000) as answer:
                assert (answer.status, await answer.text()) == (413, "too_big")
    assert (await clients["masha"].call("chat.list"))["ok"]
