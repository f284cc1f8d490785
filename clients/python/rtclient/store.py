"""Cursors and the outbox in one SQLite file, so that a client's end loses and doubles nothing. Holds no chat states.

Its writes are small and made in the event loop: a millisecond or two where the disk is a disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from .cursors import Marks
from .errors import StoreInUse

_TABLES = """
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursor (chat TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, name TEXT NOT NULL, payload BLOB NOT NULL);
"""


class Store:
    """One file for one account; a second process gets ``StoreInUse``. Unsent texts stand in it: mode 0600."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.executescript(_TABLES)
            self._db.execute("INSERT OR REPLACE INTO mark VALUES ('format', '1')")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise StoreInUse(f"{path}: {error}") from None

    def marks(self) -> Marks | None:
        """The cursors of last time; None in a new file."""
        marks = dict(self._db.execute("SELECT name, value FROM mark"))
        if not marks.get("epoch"):
            return None
        chats = dict(self._db.execute("SELECT chat, seq FROM cursor"))
        return Marks(marks["epoch"], int(marks["account_seq"]), chats)

    def save(self, marks: Marks) -> None:
        """Replace all cursors, in one transaction."""
        with self._whole() as db:
            db.execute("DELETE FROM cursor")
            db.executemany("INSERT INTO cursor VALUES (?, ?)", marks.chats.items())
            db.executemany(
                "INSERT OR REPLACE INTO mark VALUES (?, ?)",
                [("epoch", marks.epoch), ("account_seq", str(marks.account_seq))],
            )

    def move_chat(self, chat: str, seq: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (chat, seq))

    def leave_chat(self, chat: str) -> None:
        self._db.execute("DELETE FROM cursor WHERE chat = ?", (chat,))

    def move_account(self, seq: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO mark VALUES ('account_seq', ?)", (str(seq),))

    def outbox(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Commands without an answer, oldest first: number, name, payload."""
        for number, name, payload in self._db.execute("SELECT number, name, payload FROM outbox ORDER BY number"):
            yield number, name, msgspec.msgpack.decode(payload)

    def add(self, number: int, name: str, payload: dict[str, Any]) -> None:
        self._db.execute("INSERT INTO outbox VALUES (?, ?, ?)", (number, name, msgspec.msgpack.encode(payload)))

    def done(self, number: int) -> None:
        self._db.execute("DELETE FROM outbox WHERE number = ?", (number,))

    def close(self) -> None:
        self._db.close()

    def _whole(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db  # as a context manager it commits, or rolls back on an exception
