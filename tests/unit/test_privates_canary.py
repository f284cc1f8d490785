"""Breaks first when a library moves what ``hub/privates`` and ``routes/socket_body`` stand on: read the change, then
renew the digest.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler
from engineio import AsyncServer as EngineServer
from engineio.async_socket import AsyncSocket
from engineio.base_server import BaseServer
from socketio import AsyncServer
from socketio.async_manager import AsyncManager
from socketio.base_manager import BaseManager
from socketio.base_server import BaseServer as SocketBase
from socketio.msgpack_packet import MsgPackPacket

from rtserver.hub.privates.lean import LeanEngine, LeanManager, LeanServer

TOUCHED: dict[str, Callable[..., object]] = {
    "http_lost": RequestHandler.connection_lost,
    "http_received": RequestHandler.data_received,
    "http_start": RequestHandler.start,
    "http_finish": RequestHandler.finish_response,
    "http_base_lost": BaseProtocol.connection_lost,
    "http_init": RequestHandler.__init__,
    "http_hold": BaseProtocol._pause_reading_for_buffer,
    "http_release": BaseProtocol._resume_reading_for_buffer,
    "http_resume": BaseProtocol.resume_reading,
    "http_read": StreamReader.read_nowait,
    "http_eof": StreamReader.feed_eof,
    "engine_init": BaseServer.__init__,
    "engine_trigger": EngineServer._trigger_event,
    "engine_send": EngineServer.send,
    "engine_send_packet": EngineServer.send_packet,
    "engine_request": EngineServer.handle_request,
    "engine_disconnect": EngineServer.disconnect,
    "engine_shutdown": EngineServer.shutdown,
    "get_socket": BaseServer._get_socket,
    "stock_close": AsyncSocket.close,
    "init": SocketBase.__init__,
    "connect": AsyncServer._handle_connect,
    "disconnected": AsyncServer._handle_disconnect,
    "event": AsyncServer._handle_event,
    "event_internal": AsyncServer._handle_event_internal,
    "message": AsyncServer._handle_eio_message,
    "disconnect": AsyncServer.disconnect,
    "send_packet": AsyncServer._send_packet,
    "trigger": AsyncServer._trigger_event,
    "engine_class": AsyncServer._engineio_server_class,
    "participants": BaseManager.get_participants,
    "enter_room": BaseManager.basic_enter_room,
    "leave": BaseManager.basic_disconnect,
    "pre_connect": BaseManager.pre_connect,
    "manager_connect": BaseManager.connect,
    "is_connected": BaseManager.is_connected,
    "manager_disconnect": AsyncManager.disconnect,
    "msgpack": MsgPackPacket.encode,
}
DIGESTS = {
    "http_lost": "df2fe6e95fd04c7c",
    "http_received": "1ee57ebe052e6c80",
    "http_start": "2e565fd40c8e04fb",
    "http_finish": "b7eb53db8f4b30ca",
    "http_base_lost": "8b4e1725c5648b9c",
    "http_init": "46c577d1f419158f",
    "http_hold": "8a07d84ad8d45025",
    "http_release": "61aa4b49c6e1a288",
    "http_resume": "21dee847a31af724",
    "http_read": "e340a15bd631cecb",
    "http_eof": "01592f4473c176b3",
    "engine_init": "a06b17502fbd9646",
    "engine_trigger": "4a09b6e47eb66532",
    "engine_send": "ff1fdb18f1c30bb3",
    "engine_send_packet": "c54317440865030d",
    "engine_request": "1a8c878e35166cfe",
    "engine_disconnect": "8bb6448caae41ca6",
    "engine_shutdown": "3f734c62c291d56a",
    "get_socket": "ae2f99e66d632944",
    "stock_close": "faa2e93902543244",
    "init": "6b998e091b34a563",
    "connect": "c97c480cf777de36",
    "disconnected": "c0b32ada5b371230",
    "event": "65178105ef8b593d",
    "event_internal": "472e8b723a12d507",
    "message": "bef50fc0e1635921",
    "disconnect": "7d2f76686c12cc23",
    "send_packet": "a00022b42c1c29e9",
    "trigger": "01ba90cfa09ba43e",
    "engine_class": "199c42bf149247e0",
    "participants": "7d78ad681c95de5b",
    "enter_room": "3f509586d2d7f47e",
    "leave": "2933b50bc4b2ea7b",
    "pre_connect": "bfdba4c0c8f1bd8a",
    "manager_connect": "a0214ac7cb24346c",
    "is_connected": "d37721466718b4f4",
    "manager_disconnect": "88bed2cbade06a57",
    "msgpack": "4c5beae940111652",
}


def digest(touched: Callable[..., object]) -> str:
    return hashlib.sha256(inspect.getsource(touched).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", TOUCHED)
def test_what_we_stand_on_is_as_we_read_it(name: str) -> None:
    """House rule 8."""
    assert digest(TOUCHED[name]) == DIGESTS[name]


def test_an_http_handler_keeps_what_came_after_an_upgrade() -> None:
    """``detach`` takes these over."""
    for name in ("_message_tail", "_reading_paused"):
        assert any(name in getattr(kind, "__slots__", ()) for kind in RequestHandler.__mro__)


@pytest.mark.parametrize("own", [LeanEngine, LeanManager, LeanServer])
def test_whatever_we_override_is_watched(own: type) -> None:
    """House rule 8: an override that the canary does not know would miss a change of what it stands for."""
    watched = set(TOUCHED.values())
    for name, member in vars(own).items():
        theirs = next((vars(base)[name] for base in own.__mro__[1:-1] if name in vars(base)), None)
        if callable(member) and theirs is not None:
            assert theirs in watched, f"{own.__name__}.{name}"
