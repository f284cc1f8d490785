"""The server's own output under every command, with marked words in each place where a person's words can stand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from rtserver.wire.registry import COMMANDS
from tests.e2e.conftest import PEOPLE
from tests.e2e.server import Client, ServerProcess

MARKS = {
    "text": "ТАЙНА-текст-7731",
    "title": "ТАЙНА-название-7732",
    "first": "Тайноимя",
    "last": "Тайнофамилия",
    "phone": "79215557733",
    "code": "846213",
    "nonce": "SECRETNONCE7734",
    "field": "SECRETFIELD7735",
    "query": "ТАЙНА-поиск-7736",
    "wrong_token": "SECRETTOKEN7737",
    "emoji": "🦄",
}


def payloads(chat: str, other: str, seq: int, name: str) -> dict[str, Any]:
    """Every field that any command has, with something marked in it where it takes words."""
    everything: dict[str, Any] = {
        "chat": chat, "chats": [chat], "kind": "group", "members": [other], "accounts": [other], "account": other,
        "title": MARKS["title"], "pin_policy": "everyone", "role": "member", "until": 0, "text": MARKS["text"],
        "reply_to": seq, "target": seq, "targets": [seq], "to": [chat], "comment": MARKS["text"], "scope": "me",
        "emoji": MARKS["emoji"], "on": True, "seq": seq, "limit": 10, "query": MARKS["query"], "epoch": "",
        "account_seq": 0, "token": MARKS["wrong_token"], "reason": "other", "sdp": f"v=0 {MARKS['text']}",
        "call": MARKS["text"], "participant": MARKS["text"], "nonce": f"{MARKS['nonce']}-{name.replace('.', '-')}",
    }  # fmt: skip
    fields = COMMANDS[name].command.__struct_fields__
    return {
        key: value for key, value in everything.items() if key in fields and not (name == "sync" and key == "chats")
    }


async def test_no_line_tells_a_word_a_name_or_a_secret(server: ServerProcess, tmp_path: Path) -> None:
    """E-13: every command, accepted, refused and malformed; the output holds ids, codes and times only."""
    assert server.process is not None
    ids, tokens = {}, {}
    for who, role in PEOPLE.items():
        ids[who] = server.command(
            "admin", "account", "add", MARKS["first"], MARKS["last"], "--school", "Ш", "--role", role, "--class", "7А"
        )
        tokens[who] = server.command("admin", "account", "token", ids[who])
    masha = Client(tokens["masha"])
    await masha.connect(server.url)
    made = await masha.call(
        "chat.create", kind="group", title=MARKS["title"], nonce=MARKS["nonce"], members=[ids["kolya"]]
    )
    chat = made["chat"]
    posted = await masha.call("message.post", chat=chat, text=MARKS["text"], nonce=MARKS["nonce"] + "1")
    order = sorted(COMMANDS, key=lambda name: name in ("chat.leave", "message.delete", "chat.member.remove"))
    accepted = set()
    for name in order:
        fields = payloads(chat, ids["kolya"], posted["seq"], name)
        if (await masha.call(name, **fields))["ok"]:
            accepted.add(name)
        await masha.call(name, **{**fields, MARKS["field"]: MARKS["phone"]})
        await masha.call(name, chat=MARKS["text"], text=[MARKS["code"]], phone=MARKS["phone"])
    possible = {name for name in COMMANDS if not name.startswith("call.")}  # no media worker here: those are refused
    assert len(accepted & possible) >= len(possible) * 3 / 4, possible - accepted
    await masha.call(MARKS["field"], text=MARKS["text"])
    await masha.io.emit("message.post", MARKS["text"])
    stranger = Client(MARKS["wrong_token"] + "x" * 20)
    try:
        await stranger.connect(server.url)
    except Exception as refused:
        assert "ConnectionError" in type(refused).__name__
    await stranger.close()
    await masha.close()
    server.stop()
    assert server.process.stdout is not None
    output = (tmp_path / "log").read_text() + server.process.stdout.read()
    for secret in [*MARKS.values(), *tokens.values()]:
        assert secret not in output, secret
        assert json.dumps(secret).strip('"') not in output, secret
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    told = [line for line in lines if line["event"] == "command"]
    assert {line["command"] for line in told} >= set(COMMANDS) | {"?"}
    for line in told:
        assert set(line) <= {"ts", "level", "logger", "event", "command", "code", "account", "chat", "call", "ms"}
        assert isinstance(line["ms"], float | int)
        assert re.fullmatch(r"\d+", str(line["account"]))
    assert any(line.get("chat") == chat and line["code"] == "ok" for line in told)
    assert {"ok", "unknown_field", "bad_request", "unknown_command"} <= {line["code"] for line in told}


def test_a_failure_inside_names_its_place_only(tmp_path: Path) -> None:
    """E-13: an exception that quotes somebody's words is logged by type and place; foreign loggers lose values."""
    program = """
import asyncio, logging
from rtserver import log
log.set_up("info", "json")
def inner(): raise ValueError("ТАЙНА-текст-7731")
try: inner()
except ValueError:
    logging.getLogger("rtserver.x").exception("command failed", extra={"incident": "ab", "text": "ТАЙНА"})
logging.getLogger("aiohttp.server").error("from %s", "ТАЙНА")
async def run():
    asyncio.get_running_loop().create_task(boom())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
async def boom(): raise ValueError("ТАЙНА")
asyncio.run(run())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "ТАЙНА" not in done.stderr
    first, second, *rest = [json.loads(line) for line in done.stderr.splitlines()]
    assert (first["error"], first["incident"], first["at"][-1].endswith(" inner")) == ("ValueError", "ab", True)
    assert second["event"] == "from %s"
    assert any(line["event"] == "Task exception was never retrieved" for line in rest)
