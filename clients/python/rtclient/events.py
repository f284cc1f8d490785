"""What ``Client.events()`` gives, and how wire data becomes it. Kinds that this version does not know only count."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from rtserver.wire.chat import AccountEvent, ChatEvent, Command, ReadMoved, Result
from rtserver.wire.drafts import DraftChanged
from rtserver.wire.presence import ReadsMoved, TypingTold
from rtserver.wire.registry import COMMAND_NAMES, COMMANDS, EVENTS
from rtserver.wire.sync import Goodbye, Synced, Welcome

from .cursors import Marks


class Reloaded(msgspec.Struct, frozen=True):
    """Local. State was loaded anew instead of told event by event: at the first start, or too far behind.

    ``chats`` names the chats it is about, None means all. ``marks`` are the cursors from which events go on.
    """

    chats: tuple[str, ...] | None
    marks: Marks


class NotSent(msgspec.Struct, frozen=True):
    """Local. A command kept from an earlier run was refused for good; nobody else waits for its answer."""

    command: Command
    error: dict[str, Any]


Passing = ReadMoved | DraftChanged | TypingTold | ReadsMoved
"""Told and not logged: no ``seq``; lost ones come with ``sync`` as far as they still matter."""
Event = ChatEvent | AccountEvent | Passing | Reloaded | NotSent
ServerEvent = ChatEvent | AccountEvent | Passing | Welcome | Goodbye


def event_of(payload: Any) -> ServerEvent | None:
    """An event by its ``kind``; a logged one of an unknown kind or shape becomes its bare base; None for the rest."""
    if not isinstance(payload, dict):
        return None
    known = EVENTS.get(str(payload.get("kind")))
    if known is not None:
        with suppress(msgspec.ValidationError):  # a newer server's shape: its place in the log still counts
            return cast(ServerEvent, msgspec.convert(payload, known))  # EVENTS holds nothing else
    plain = {key: payload[key] for key in ("chat", "seq", "ts", "actor") if key in payload}
    base = ChatEvent if "chat" in plain and "actor" in plain else AccountEvent
    plain = {key: value for key, value in plain.items() if key in base.__struct_fields__}
    try:
        return cast(ServerEvent, msgspec.convert({**plain, "kind": base.__name__}, base))
    except msgspec.ValidationError:
        return None


def is_known(event: Event) -> bool:
    return type(event) is not ChatEvent and type(event) is not AccountEvent


def result_of(command: type[Command], answer: dict[str, Any]) -> Result:
    """The typed result of an answer that is ``ok``. Raises ``msgspec.ValidationError``."""
    kind = COMMANDS[COMMAND_NAMES[command]].result
    if kind is not Synced:
        return msgspec.convert(answer, kind)
    # events are taken one by one, so that one unknown kind does not spoil the whole answer
    bare = {**answer, "account_events": [], "chats": [{**chat, "events": []} for chat in answer.get("chats", ())]}
    synced = msgspec.convert(bare, Synced)
    return replace(
        synced,
        account_events=_known(answer.get("account_events", ())),
        chats=[
            replace(chat, events=_known(raw.get("events", ())))
            for chat, raw in zip(synced.chats, answer.get("chats", ()), strict=True)
        ],
    )


def _known(raw: Any) -> list[Any]:
    return [event for event in map(event_of, raw) if event is not None]
