"""One transaction's unit of work: locked chat heads, numbering, hash chain, and what will be told. Decides no right.

``seq`` comes from the locked chat row, never from a sequence of the database: a rollback must leave no gap (E-1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from rtserver.bus.base import Hint, account_stream, chat_stream
from rtserver.wire.chat import AccountEvent
from rtserver.wire.errors import AppError
from rtserver.wire.types import Forwarded
from storage import tables as t
from storage.events import EventRow, account_facts, body_commitment, chat_event, encode_facts, event_hash, new_salt
from storage.heads import SAVED, load_heads, save_heads

from .marks import ReadMarks
from .rules import ChatLimits


@dataclass(slots=True)
class Head:
    """A chat row, locked for the length of the transaction."""

    id: int
    kind: str
    title: str
    pin_policy: str
    direct_key: str | None
    history_for_new: bool
    seq: int
    post_no: int
    head_hash: bytes
    members_count: int
    last_ms: int
    write_policy: str = "everyone"
    slow_s: int = 0


_saved = attrgetter(*SAVED, "id")
_insert_event = insert(t.chat_event)
_insert_body = insert(t.message_body)
Mark = tuple[dict[int, Head], int]


class Work:
    """State of one transaction. A job that is refused is undone by ``restore`` and the savepoint around it."""

    def __init__(self, connection: Connection, now: int, limits: ChatLimits, marks: ReadMarks) -> None:
        self.connection = connection
        self.now = now
        self.limits = limits
        self.heads: dict[int, Head] = {}
        self.told: list[Hint] = []
        self._dirty: set[int] = set()
        self._marks = marks
        self._moved: dict[int, dict[int, int]] = {}

    def lock(self, chats: Collection[int]) -> None:
        """Load and lock chat rows in the order of their ids (on PostgreSQL; SQLite has one writer)."""
        missing = sorted(set(chats) - self.heads.keys())
        if missing:
            for row in load_heads(self.connection, missing):
                head = Head(*row)
                self.heads[head.id] = head

    def head(self, chat_id: int) -> Head:
        if chat_id not in self.heads:
            self.lock((chat_id,))
        try:
            return self.heads[chat_id]
        except KeyError:
            raise AppError("chat_unknown") from None

    def ts(self, head: Head) -> int:
        """A time that never runs backward inside one chat."""
        return max(self.now, head.last_ms)

    def number(
        self,
        head: Head,
        kind: int,
        actor: int | None,
        target: int | None,
        facts: bytes | None,
        commitment: bytes | None,
        ts: int | None = None,
    ) -> EventRow:
        """The next row of the chat's log; moves the head, writes nothing."""
        at = max(self.now if ts is None else ts, head.last_ms)
        seq = head.seq + 1
        digest = event_hash(head.head_hash, head.id, seq, kind, actor, at, target, facts, commitment)
        head.seq, head.head_hash, head.last_ms = seq, digest, at
        self._dirty.add(head.id)
        return EventRow(head.id, seq, kind, actor, at, target, facts, commitment, digest)

    def append(
        self,
        head: Head,
        kind: int,
        actor: int | None,
        *,
        target: int | None = None,
        body: str | None = None,
        ts: int | None = None,
        forwarded: Forwarded | None = None,
        **facts: Any,
    ) -> EventRow:
        """Write one event (and its body) and remember to tell it."""
        salt = new_salt()
        commitment = None if body is None else body_commitment(salt, body.encode())
        row = self.number(head, kind, actor, target, encode_facts(**facts), commitment, ts)
        self.connection.execute(_insert_event, row._asdict())
        if body is not None:
            self.connection.execute(_insert_body, {"chat_id": row.chat_id, "seq": row.seq, "salt": salt, "body": body})
        self.told.append(Hint(chat_stream(head.id), row.seq, chat_event(row, body, forwarded)))
        return row

    def append_account(self, account: int, make: Callable[[int, int], AccountEvent]) -> None:
        """Write one event of an account's own log; the oldest beyond its bound goes."""
        seq = self.connection.execute(
            update(t.account)
            .where(t.account.c.id == account)
            .values(seq=t.account.c.seq + 1)
            .returning(t.account.c.seq)
        ).scalar_one()
        event = make(seq, self.now)
        kind, facts = account_facts(event)
        self.connection.execute(
            insert(t.account_event).values(account_id=account, seq=seq, kind=kind, ts_ms=self.now, facts=facts)
        )
        if seq > self.limits.account_log:
            self.connection.execute(
                delete(t.account_event).where(
                    t.account_event.c.account_id == account, t.account_event.c.seq <= seq - self.limits.account_log
                )
            )
        self.told.append(Hint(account_stream(account), seq, event))

    def marks_of(self, account: int) -> Mapping[int, int]:
        """Read marks that no row holds yet: of this transaction, and of earlier ones that wait for a flush."""
        return {**self._marks.of(account), **self._moved.get(account, {})}

    def move_mark(self, account: int, chat: int, seq: int) -> None:
        """Remember a mark for the rest of this transaction; ``ReadMarks`` holds it once that is told."""
        self._moved.setdefault(account, {})[chat] = seq

    def flush(self) -> None:
        """Write the moved heads."""
        if self._dirty:
            save_heads(self.connection, [_saved(self.heads[chat]) for chat in sorted(self._dirty)])
            self._dirty.clear()

    def mark(self) -> Mark:
        return {chat: copy(head) for chat, head in self.heads.items()}, len(self.told)

    def restore(self, mark: Mark) -> None:
        self.heads, told = mark
        del self.told[told:]
        self._dirty.clear()
