"""Read marks between their telling and their writing (architecture §2). Decides nothing and tells nobody.

A mark that moved is told at once and held here; the database gets it with the next flush, so each account and chat is
written at most once in a period. Every reader of this process takes the held marks on top of the stored ones, so counts
are exact at once (E-3). A crash loses the marks of the last period at most: messages then show as unread again. Another
hub process sees a mark with its flush; until then the devices there go by ``read.moved``, which the bus carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, case

from rtserver.bus.base import Hint
from rtserver.wire.chat import ReadMoved
from storage import tables as t
from storage.db import upsert
from storage.ids import parse_id

Mark = tuple[int, int, int]
"""Account, chat, ``read_seq``."""
NONE: Mapping[int, int] = {}


class ReadMarks:
    """Held marks. Changed on the event loop alone; the writer's and the readers' threads copy."""

    def __init__(self) -> None:
        self._held: dict[int, dict[int, int]] = {}

    def hear(self, hints: Iterable[Hint]) -> None:
        """Hold what a committed batch told."""
        for hint in hints:
            if isinstance(hint.event, ReadMoved):
                account, chat = int(hint.stream.partition(":")[2]), parse_id(hint.event.chat)
                mine = self._held.setdefault(account, {})
                mine[chat] = max(hint.event.read_seq, mine.get(chat, 0))

    def of(self, account: int) -> Mapping[int, int]:
        """``read_seq`` by chat. Ask before opening a snapshot: a flush in between is then seen in one of the two."""
        mine = self._held.get(account)
        return NONE if mine is None else dict(mine)

    def held(self) -> list[Mark]:
        return [(account, chat, seq) for account, mine in self._held.items() for chat, seq in mine.items()]

    def written(self, marks: Sequence[Mark]) -> None:
        """Let go of marks that are durable, unless they moved on meanwhile."""
        for account, chat, seq in marks:
            mine = self._held.get(account, {})
            if mine.get(chat) == seq:
                del mine[chat]
                if not mine:
                    del self._held[account]


def save_marks(connection: Connection, marks: Sequence[Mark]) -> None:
    """Write marks, forward only."""
    insert = upsert(connection, t.chat_view)
    new, old = insert.excluded.read_seq, t.chat_view.c.read_seq
    statement = insert.on_conflict_do_update(
        index_elements=["account_id", "chat_id"], set_={"read_seq": case((new > old, new), else_=old)}
    )
    rows = [{"account_id": account, "chat_id": chat, "read_seq": seq} for account, chat, seq in sorted(marks)]
    connection.execute(statement, rows)
