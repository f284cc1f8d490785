"""A command whose answer was lost is sent again: the same answer, nothing done and nothing told a second time."""

from __future__ import annotations

from typing import Any

import pytest

from rtserver.chat.service import CHANGES
from rtserver.wire import chat as w
from rtserver.wire.registry import COMMAND_NAMES
from storage.ids import wire_id
from tests.house import House

FIELDS: dict[str, dict[str, Any]] = {
    "chat.create": {"kind": "group", "title": "Новая", "members": "[kolya]"},
    "chat.update": {"title": "Иначе"},
    "chat.leave": {},
    "chat.member.add": {"accounts": "[petya]"},
    "chat.member.remove": {"account": "kolya"},
    "chat.member.role": {"account": "kolya", "role": "admin"},
    "chat.pin": {},
    "chat.unpin": {},
    "chat.pin_order": {"chats": "[]"},
    "chat.archive": {},
    "chat.unarchive": {},
    "chat.mark_unread": {},
    "chat.mark_read": {},
    "chat.mute": {"until": 0},
    "message.post": {"text": "раз"},
    "message.edit": {"target": 0, "text": "иначе"},
    "message.delete": {"targets": [0], "scope": "everyone"},
    "message.forward": {"targets": [0], "to": "[chat]"},
    "message.pin": {"target": 0},
    "message.unpin": {"target": 0},
    "message.star": {"target": 0},
    "message.unstar": {"target": 0},
    "message.react": {"target": 0, "emoji": "👍"},
    "message.read": {"seq": 0},
    "message.report": {"target": 0, "reason": "spam"},
    "draft.save": {"text": "начато"},
    "chat.link.revoke": {"link": "link"},
    "chat.join": {"token": "token"},
}
"""Fields of each changing command; words stand for ids, a ``target`` or ``seq`` of 0 for the one message."""

ELSEWHERE = {
    "chat.link.create",  # a remembered answer would keep the token: a second link is made, and the list shows both
    "report.decide",  # twice in test_reports, where there is a report
}


def test_every_changing_command_is_here() -> None:
    assert set(FIELDS) | ELSEWHERE == {COMMAND_NAMES[command] for command in (*CHANGES, w.MessagePost)}


@pytest.mark.parametrize("command", FIELDS)
async def test_a_repeat_changes_nothing(house: House, command: str) -> None:
    """E-1: by the nonce, or because the command says what shall be and not what to change."""
    masha, kolya, petya = [await house.person("teacher" if name == "m" else "student", "7Б") for name in "mkp"]
    chat = await house.group(masha, [kolya])
    seq = (await house.do(masha, "message.post", chat=chat, text="текст")).seq
    ids: dict[str, Any] = {
        "kolya": wire_id(kolya),
        "[kolya]": [wire_id(kolya)],
        "[petya]": [wire_id(petya)],
        "[chat]": [chat],
        "[]": [],
    }
    if command.startswith("chat.link") or command == "chat.join":
        made = await house.do(masha, "chat.link.create", chat=chat)
        ids |= {"link": made.link.id, "token": made.path.removeprefix("/c/")}
    numbers = {"target": seq, "seq": seq, "targets": [seq]}
    fields = {
        key: numbers.get(key, ids.get(value) if isinstance(value, str) and value in ids else value)
        for key, value in FIELDS[command].items()
    }
    if command not in ("chat.create", "chat.pin_order", "chat.join"):
        fields["chat"] = chat
    if command == "message.unpin":
        await house.do(masha, "message.pin", chat=chat, target=seq)
    if "nonce" in next(c for c, name in COMMAND_NAMES.items() if name == command).__struct_fields__:
        fields["nonce"] = "sent-twice"
    others = {"chat.leave": kolya, "message.report": kolya, "chat.join": petya}  # the last administrator stays
    actor = others.get(command, masha)
    first = await house.do(actor, command, **fields)
    told = len(house.told)
    assert await house.do(actor, command, **fields) == first
    assert house.told[told:] == []
