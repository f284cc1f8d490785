"""Typing and read receipts (E-4): told and forgotten. Shapes only."""

from __future__ import annotations

import msgspec

from .chat import Command, Result
from .types import Id, Seq, Value


class PresenceTyping(Command, frozen=True):
    """The asker is typing in a chat. Send it while typing: more than one in 3 s is not told on."""

    chat: Id


class ReadMark(Value, frozen=True):
    account: Id
    read_seq: Seq


class ChatReads(Command, frozen=True):
    """How far each member has read, in chats of up to 100: a message was read by those whose mark is not below it."""

    chat: Id


class ChatReadsListed(Result, frozen=True):
    """Members who have read something, the asker left out; empty in a larger chat."""

    reads: list[ReadMark]


class TypingTold(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="presence.typing_told"):
    """Somebody is typing; show it for 6 s. Told in chats of up to 100 members, the typist's other devices included."""

    chat: Id
    account: Id


class ReadsMoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reads.moved"):
    """Members have read on; at most one in 2 s for each chat of up to 100. Lost ones: ask ``chat.reads``."""

    chat: Id
    reads: list[ReadMark]
