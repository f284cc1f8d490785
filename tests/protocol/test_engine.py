"""Engine.IO 4 and Socket.IO 5 by cases of our own, on the hub's parts."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio
from aiohttp import web

from tests.protocol.echo import app


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    runner = web.AppRunner(app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def opened(http: aiohttp.ClientSession, url: str) -> str:
    """A polling session's address."""
    async with http.get(f"{url}/engine.io/?EIO=4&transport=polling") as answer:
        packet = await answer.text()
    assert packet[0] == "0"
    return f"{url}/engine.io/?EIO=4&transport=polling&sid={json.loads(packet[1:])['sid']}"


async def poll(http: aiohttp.ClientSession, address: str) -> tuple[int, str]:
    async with http.get(address) as answer:
        return answer.status, await answer.text()


async def post(http: aiohttp.ClientSession, address: str, body: str) -> int:
    async with http.post(address, data=body.encode()) as answer:
        return answer.status


async def test_packets_of_one_payload_come_back_in_order(url: str, http: aiohttp.ClientSession) -> None:
    address = await opened(http, url)
    sent = "4раз\x1e4😀\x1eb" + base64.b64encode(b"\0\1").decode()
    assert await post(http, address, sent) == 200
    assert await poll(http, address) == (200, sent)


async def test_two_polls_at_once_end_the_session(url: str, http: aiohttp.ClientSession) -> None:
    address = await opened(http, url)
    first = asyncio.create_task(poll(http, address))
    while not (await asyncio.sleep(0.02)) and not first.done():
        status, _ = await poll(http, address)
        if status == 400:
            break
    assert (await first)[1] in ("1", "2")
    assert (await poll(http, address))[0] == 400


async def test_what_is_no_packet_ends_the_session(url: str, http: aiohttp.ClientSession) -> None:
    for body in ("abc", "b!!!", ""):
        address = await opened(http, url)
        assert await post(http, address, body) == 400
        assert (await poll(http, address))[0] == 400


async def test_an_upgrade_takes_what_waits_with_it(url: str, http: aiohttp.ClientSession) -> None:
    """Nothing that was queued for polling is lost or reordered when the websocket takes over."""
    address = await opened(http, url)
    async with http.ws_connect(address.replace("polling", "websocket")) as ws:
        await ws.send_str("2probe")
        assert await ws.receive_str() == "3probe"
        assert await post(http, address, "4eins\x1e4zwei") == 200
        await ws.send_str("5")
        await ws.send_str("4drei")
        heard = [await ws.receive_str() for _ in range(3)]
        assert [packet for packet in heard if packet != "2"] == ["4eins", "4zwei", "4drei"]
        assert (await poll(http, address))[0] == 400, "it is no polling session any more"


async def test_silence_is_found_by_the_wheel(url: str, http: aiohttp.ClientSession) -> None:
    """A half-open client never answers its ping: the server closes it, over both transports."""
    address = await opened(http, url)
    async with http.ws_connect(f"{url}/engine.io/?EIO=4&transport=websocket") as ws:
        assert (await ws.receive_str())[0] == "0"
        assert await ws.receive_str() == "2"
        assert (await ws.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert ws.close_code == 1000
    assert (await poll(http, address))[0] == 400


async def test_malformed_socketio_packets_close_the_connection(url: str, http: aiohttp.ClientSession) -> None:
    for packet in ("4abc", "42{}", '42abc["message"]', "4"):
        async with http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as ws:
            await ws.receive_str()
            await ws.send_str("40")
            assert (await ws.receive_str())[:2] == "40"
            await ws.send_str(packet)
            while not ws.closed:
                await ws.receive(timeout=5)
            assert ws.close_code == 1002, packet


async def test_a_foreign_namespace_is_refused(url: str, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as ws:
        await ws.receive_str()
        await ws.send_str("40/random,")
        assert await ws.receive_str() == '44/random,{"message":"Invalid namespace"}'


async def test_a_wrong_handshake_is_answered(url: str, http: aiohttp.ClientSession) -> None:
    """RFC 6455 §4.4: an unknown version is told which one is known."""
    address = f"{url}/socket.io/?EIO=4&transport=websocket"
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    async with http.get(address, headers={**headers, "Sec-WebSocket-Version": "8"}) as answer:
        assert (answer.status, answer.headers["Sec-WebSocket-Version"]) == (426, "13")
    async with http.get(address) as answer:
        assert answer.status == 400
    async with http.put(f"{url}/socket.io/?EIO=4&transport=polling") as answer:
        assert answer.status == 400
