"""How far each log was heard: tells the next event from a double and from a gap (E-2). Pure."""

from __future__ import annotations

from enum import Enum

import msgspec

from rtserver.wire.chat import AccountEvent, ChatEvent
from rtserver.wire.sync import Cursor, Sync
from rtserver.wire.types import SYNC_CHATS_MAX


class Verdict(Enum):
    NEXT = "next"
    DOUBLE = "double"
    GAP = "gap"


class Marks(msgspec.Struct, frozen=True):
    """A copy of cursors at one moment, to keep: epoch, the own log's seq, and each chat's."""

    epoch: str
    account_seq: int
    chats: dict[str, int]


class Cursors:
    """One number for each log. ``epoch`` is empty until something was loaded."""

    def __init__(self, marks: Marks | None = None) -> None:
        self.epoch = marks.epoch if marks else ""
        self.account_seq = marks.account_seq if marks else 0
        self.chats: dict[str, int] = dict(marks.chats) if marks else {}
        self._left: dict[str, int] = {}

    def take(self, event: ChatEvent | AccountEvent) -> Verdict:
        """Judge an event and move over it when it is the next one.

        A chat nobody told of yet starts with whatever event comes first: joining has no earlier one for us.
        """
        if isinstance(event, AccountEvent):
            verdict = _judge(self.account_seq, event.seq)
            if verdict is Verdict.NEXT:
                self.account_seq = event.seq
            return verdict
        known = self.chats.get(event.chat)
        if known is None:
            verdict = Verdict.NEXT if event.seq > self._left.pop(event.chat, 0) else Verdict.DOUBLE
        else:
            verdict = _judge(known, event.seq)
        if verdict is Verdict.NEXT:
            self.chats[event.chat] = event.seq
        return verdict

    def leave(self, chat: str) -> None:
        """Forget a chat, but still know its old events as doubles."""
        seq = self.chats.pop(chat, None)
        if seq is not None:
            self._left[chat] = seq

    def clear(self) -> None:
        self.epoch, self.account_seq = "", 0
        self.chats.clear()
        self._left.clear()

    def marks(self) -> Marks:
        return Marks(self.epoch, self.account_seq, dict(self.chats))

    def sync(self) -> Sync:
        """The command that asks for what is missing; chats beyond its bound come back as a reload."""
        chats = [Cursor(chat=chat, seq=seq) for chat, seq in list(self.chats.items())[-SYNC_CHATS_MAX:]]
        return Sync(epoch=self.epoch, account_seq=self.account_seq, chats=chats)


def _judge(cursor: int, seq: int) -> Verdict:
    if seq <= cursor:
        return Verdict.DOUBLE
    return Verdict.NEXT if seq == cursor + 1 else Verdict.GAP
