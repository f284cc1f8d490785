"""Breaks first when a library moves what ``hub/privates.py`` stands on: read the change, then renew the digest."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable

import pytest
from aiohttp.web import WebSocketResponse
from engineio import AsyncServer as EngineServer
from engineio.async_drivers import aiohttp as driver
from engineio.async_socket import AsyncSocket
from engineio.base_server import BaseServer
from socketio import AsyncServer
from socketio.msgpack_packet import MsgPackPacket

TOUCHED: dict[str, Callable[..., object]] = {
    "poll": AsyncSocket.poll,
    "send": AsyncSocket.send,
    "close": AsyncSocket.close,
    "websocket_handler": AsyncSocket._websocket_handler,
    "upgrade": AsyncSocket._upgrade_websocket,
    "driver": driver.WebSocket.__call__,
    "driver_wait": driver.WebSocket.wait,
    "get_socket": BaseServer._get_socket,
    "engine_connect": EngineServer._handle_connect,
    "connect": AsyncServer._handle_connect,
    "trigger": AsyncServer._trigger_event,
    "msgpack": MsgPackPacket.encode,
}
DIGESTS = {
    "poll": "826f58a9f3606db2",
    "send": "0437276ccba7ab09",
    "close": "faa2e93902543244",
    "websocket_handler": "27f120df4d717a24",
    "upgrade": "820b83efe96adb98",
    "driver": "71f9a94476d737c3",
    "driver_wait": "992c370917677d39",
    "get_socket": "ae2f99e66d632944",
    "engine_connect": "5bd7edc1d1ae115a",
    "connect": "c97c480cf777de36",
    "trigger": "01ba90cfa09ba43e",
    "msgpack": "4c5beae940111652",
}


def digest(touched: Callable[..., object]) -> str:
    return hashlib.sha256(inspect.getsource(touched).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", TOUCHED)
def test_what_we_stand_on_is_as_we_read_it(name: str) -> None:
    """House rule 8."""
    assert digest(TOUCHED[name]) == DIGESTS[name]


def test_the_websocket_has_a_writer() -> None:
    assert hasattr(WebSocketResponse(), "_writer")
