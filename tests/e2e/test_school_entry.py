"""A real server: a school from the operator's command line to a child in the class chat, over sockets and HTTP."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.e2e.server import Client, ServerProcess


def api(server: ServerProcess, token: str, method: str, path: str, body: Any = None) -> Any:
    """The answer's JSON, or the refusal's code."""
    data = json.dumps(body or {}).encode() if method == "POST" else None
    request = urllib.request.Request(server.url + path, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        return json.load(refusal)["error"]["code"]


def born(home: Path, account: str, date: str) -> None:
    """What the registration's profile form would have written."""
    with sqlite3.connect(home / "rt.db", timeout=10) as database:
        database.execute("UPDATE account SET birth_date = ? WHERE id = ?", (date, int(account)))


async def test_from_the_operator_to_the_class_chat(server: ServerProcess, tmp_path: Path) -> None:
    """R-52, R-15, R-32, R-34, R-56, R-65, D16: approved by the command line, held, confirmed, approved, suspended."""
    ids, tokens = {}, {}
    for name, date in (("Анна", "1980-01-01"), ("Алексей", "2015-05-05"), ("Марина", "1985-01-01")):
        ids[name] = server.command("admin", "account", "add", name, "Петрова")
        born(tmp_path, ids[name], date)
        tokens[name] = server.command("admin", "account", "token", ids[name])
    head, child, mother = tokens["Анна"], tokens["Алексей"], tokens["Марина"]
    ask = {"name": "Гимназия №1", "place": "Клин", "position": "директор", "contact": "a@b.example"}
    number = api(server, head, "POST", "/api/school-requests", ask)["number"]
    assert str(number) in server.command("admin", "school", "requests")
    assert server.command("admin", "school", "approve", str(number)).startswith("school ")
    school = api(server, head, "GET", "/api/desks")["desks"][0]["school"]
    desk = f"/api/schools/{school}"
    klass = api(server, head, "POST", f"{desk}/class-list", {"name": "5А"})["id"]
    url = api(server, head, "POST", f"{desk}/invites", {"class_id": klass})["url"]
    assert "It works." in server.command("admin", "explain-link", url)
    application = api(server, child, "POST", "/api/applications", {"invite": url.rpartition("/")[2]})["id"]
    socket = Client(child)
    await socket.connect(server.url)
    refused = await socket.call("chat.list")
    assert refused["error"]["code"] == "parent_confirmation_needed"
    link = api(server, child, "POST", "/api/family/link")["url"].rpartition("/")[2]
    api(server, head, "POST", f"{desk}/applications", {"applications": [application], "approve": True})
    decided = await socket.wait(lambda e: e["kind"] == "application.decided")
    assert (decided["status"], decided["class_name"]) == ("approved", "5А")
    assert (await socket.call("chat.list"))["error"]["code"] == "parent_confirmation_needed"
    chat = decided["chat"]
    data = api(server, mother, "GET", f"/api/parent-links/{link}/child")
    consent = {"consent": True, "consent_version": data["consent_version"]}
    assert api(server, mother, "POST", f"/api/parent-links/{link}/confirm", consent)["held"] is False
    opened = await socket.wait(lambda e: e["kind"] == "entry.changed")
    assert (opened["held"], opened["by_name"]) == (False, "Марина Петрова")
    goodbye = await socket.wait(lambda e: e["kind"] == "server.goodbye")
    assert (goodbye["reason"], goodbye["reconnect"]) == ("entry_changed", True)
    again = Client(child)
    await again.connect(server.url)
    assert [c["id"] for c in (await again.call("chat.list"))["chats"]] == [chat]
    teacher = server.command("admin", "account", "add", "Ольга", "Белова", "--school", "Гимназия №1", "--role", "staff")
    granted = {"role": "class_teacher", "class_id": klass}
    api(server, head, "POST", f"{desk}/members/{teacher}/roles", granted)
    voice = Client(server.command("admin", "account", "token", teacher))
    await voice.connect(server.url)
    await voice.call("message.post", chat=chat, text="Здравствуйте", nonce="hello-001")
    await again.wait(lambda e: e["kind"] == "message.posted")
    assert api(server, mother, "POST", f"/api/family/children/{ids['Алексей']}/withdraw")["held"] is True
    await again.wait(lambda e: e["kind"] == "server.goodbye")
    suspended = Client(child)
    await suspended.connect(server.url)
    assert (await suspended.call("chat.list"))["error"]["code"] == "consent_withdrawn"
    await voice.call("message.post", chat=chat, text="Не для отстранённых", nonce="hello-002")
    await voice.wait(lambda e: e.get("text") == "Не для отстранённых")
    assert (await suspended.call("chat.get", chat=chat))["error"]["code"] == "consent_withdrawn"
    for client in (suspended, again):
        assert not any(e.get("text") == "Не для отстранённых" for e in client.events)
    for client in (socket, again, voice, suspended):
        await client.close()
    server.stop()
    log = (tmp_path / "log").read_text()
    assert url.rpartition("/")[2] not in log
    assert link not in log


def test_a_failing_link_ends_with_its_reason(server: ServerProcess) -> None:
    """E-15: ``explain-link`` exits with 1 and names the code and who mends it."""
    done = subprocess.run(
        [sys.executable, "-m", "rtserver", "admin", "explain-link", "http://localhost/i/AAAA"],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search("link_malformed", done.stdout)
    assert "Can be mended by: you" in done.stdout
