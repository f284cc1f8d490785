"""The real process against stock Socket.IO clients of both encodings and transports."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
import socketio

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

TEXT = "Ёжик 👩‍🏫 сказал: «Привет»\nиз 7А"


async def a_group(clients: dict[str, Client], school: School) -> str:
    answer = await clients["teacher"].call(
        "chat.create",
        kind="group",
        title="7А — проект",
        nonce="create-01",
        members=[school.ids["masha"], school.ids["kolya"]],
    )
    assert answer["ok"], answer
    chat: str = answer["chat"]
    for client in clients.values():
        await client.wait(lambda e: e["kind"] == "chat.joined" and e["chat"] == chat)
    return chat


async def test_everybody_sees_every_action(clients: dict[str, Client], school: School) -> None:
    """R-91, E-1: post, reply, edit, react, pin, delete reach all three clients with the same seq and text."""
    chat = await a_group(clients, school)
    masha, teacher = clients["masha"], clients["teacher"]
    posted = await masha.call("message.post", chat=chat, text=TEXT, nonce="post-0001")
    assert posted["ok"], posted
    seq = posted["seq"]
    steps = [
        (teacher, "message.post", {"text": "Ответ", "reply_to": seq, "nonce": "post-0002"}),
        (masha, "message.edit", {"target": seq, "text": TEXT + "!", "nonce": "edit-0001"}),
        (clients["kolya"], "message.react", {"target": seq, "emoji": "🎉"}),
        (teacher, "message.pin", {"target": seq, "nonce": "pin-00001"}),
        (teacher, "message.delete", {"targets": [seq], "scope": "everyone", "nonce": "del-00001"}),
    ]
    for client, command, fields in steps:
        answer = await client.call(command, chat=chat, **fields)
        assert answer["ok"], (command, answer)
    for client in clients.values():
        await client.wait(lambda e: e["kind"] == "message.deleted")
        heard = [e for e in client.events if e.get("chat") == chat and e["kind"].startswith(("message.", "reaction."))]
        assert [e["kind"] for e in heard] == [
            "message.posted",
            "message.posted",
            "message.edited",
            "reaction.added",
            "message.pinned",
            "message.deleted",
        ]
        assert heard[0]["text"] == TEXT
        assert [e["seq"] for e in heard] == list(range(seq, seq + 6))


async def test_bad_commands_are_answered_by_code(clients: dict[str, Client]) -> None:
    """E-15: unknown command, unknown field, missing field, wrong type; the connection lives on."""
    masha = clients["masha"]
    for command, fields, code in (
        ("no.such", {}, "unknown_command"),
        ("chat.list", {"more": 1}, "unknown_field"),
        ("message.post", {"chat": "1"}, "bad_request"),
        ("message.post", {"chat": 1, "text": "а", "nonce": "nonce-0001"}, "bad_request"),
        ("chat.get", {"chat": "123"}, "chat_unknown"),
    ):
        answer = await masha.call(command, **fields)
        assert answer["ok"] is False
        assert answer["error"]["code"] == code, answer
        assert answer["error"]["message"] != answer["error"]["message_en"]
    assert (await masha.io.call("chat.list", "text", timeout=5))["error"]["code"] == "bad_request"
    assert (await masha.call("chat.list"))["ok"]


async def test_strange_tokens_are_refused(server: ServerProcess) -> None:
    """Architecture §3: no token, a wrong one, a future wire version."""
    for auth, code in (
        ({}, "unauthorized"),
        ({"token": "x" * 43}, "unauthorized"),
        ({"wire_version": 99}, "wire_version_unsupported"),
    ):
        client = socketio.AsyncClient(reconnection=False)
        heard: list[object] = []
        client.on("connect_error", heard.append)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=5)
        await client.disconnect()
        assert code in str(heard)


async def test_a_removed_member_hears_nothing_more(clients: dict[str, Client], school: School) -> None:
    """Architecture §2: rights on live sockets."""
    chat = await a_group(clients, school)
    kolya, teacher = clients["kolya"], clients["teacher"]
    await teacher.call("chat.member.remove", chat=chat, account=school.ids["kolya"], nonce="remove-01")
    await kolya.wait(lambda e: e["kind"] == "chat.left")
    await teacher.call("message.post", chat=chat, text="без Коли", nonce="post-0003")
    await clients["masha"].wait(lambda e: e.get("text") == "без Коли")
    refused = await kolya.call("message.post", chat=chat, text="я тут", nonce="post-0004")
    assert refused["error"]["code"] == "not_member"
    assert not any(e.get("text") == "без Коли" for e in kolya.events)
    assert any(e["kind"] == "member.removed" for e in kolya.events)


async def test_too_many_commands_are_slowed(clients: dict[str, Client]) -> None:
    """Bounded rates: the 61st command of a burst waits, and is told for how long."""
    answers = await asyncio.gather(*(clients["masha"].call("people.contacts") for _ in range(90)))
    refused = [a["error"] for a in answers if not a["ok"]]
    assert refused
    assert {e["code"] for e in refused} == {"rate_limited"}
    assert all(e["retryable"] and e["seconds"] >= 1 for e in refused)


async def test_logging_out_closes_every_socket_of_the_session(
    server: ServerProcess, school: School, clients: dict[str, Client]
) -> None:
    """Architecture §2, rights on live sockets: at once, not at the next check; other sessions stay."""
    second = Client(school.tokens["masha"], msgpack=True)
    await second.connect(server.url)
    headers = {"Cookie": f"rt_session={school.tokens['masha']}", "Origin": server.url}
    async with aiohttp.ClientSession() as http, http.post(f"{server.url}/api/logout", headers=headers) as answer:
        assert answer.status == 200
    for client in (clients["masha"], second):
        goodbye = await client.wait(lambda e: e["kind"] == "server.goodbye", timeout_s=5)
        assert (goodbye["reason"], goodbye["reconnect"]) == ("session_ended", False)
    assert (await clients["kolya"].call("chat.list"))["ok"]


async def test_graceful_stop(server: ServerProcess, clients: dict[str, Client]) -> None:
    """Operations: clients are told to come back, the process is gone within 5 s."""
    status, body = server.get("/readyz")
    assert (status, body) == (200, '{"ok": true}')
    assert "rt_connections 3.0" in server.get("/metrics")[1]
    seconds = await asyncio.to_thread(server.stop)
    assert seconds < 5
    for client in clients.values():
        goodbye = await client.wait(lambda e: e["kind"] == "server.goodbye")
        assert goodbye["reconnect"] is True
