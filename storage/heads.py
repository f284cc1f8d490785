"""Rows of chats as the writer holds them: loaded and locked for a batch, written back with it. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from .db import sqlite_driver
from .tables import chat

COLUMNS = (
    "id",
    "kind",
    "title",
    "pin_policy",
    "direct_key",
    "history_for_new",
    "seq",
    "post_no",
    "head_hash",
    "members_count",
    "last_ms",
    "write_policy",
    "slow_s",
)
SAVED = ("title", "pin_policy", "write_policy", "slow_s", "seq", "post_no", "head_hash", "members_count", "last_ms")
_load = select(*(chat.c[name] for name in COLUMNS)).order_by(chat.c.id).with_for_update()
_save = update(chat).where(chat.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in SAVED})
_SAVE = f"UPDATE chat SET {', '.join(f'{name} = ?' for name in SAVED)} WHERE id = ?"  # noqa: S608 - our own columns


def load_heads(connection: Connection, chats: Sequence[int]) -> Sequence[Sequence[Any]]:
    """``COLUMNS`` of these chats, locked in the order of their ids (on PostgreSQL; SQLite has one writer)."""
    driver = sqlite_driver(connection)
    if driver is None:
        return connection.execute(_load.where(chat.c.id.in_(chats))).all()
    size = 1 << (len(chats) - 1).bit_length()  # few statements, each prepared once
    return driver.execute(_spelled(size), (*chats, *[chats[-1]] * (size - len(chats)))).fetchall()


def save_heads(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write ``SAVED`` and the id, in this order, of chats that moved; sorted by id."""
    driver = sqlite_driver(connection)
    if driver is None:
        names = [f"b_{name}" for name in (*SAVED, "id")]
        connection.execute(_save, [dict(zip(names, row, strict=True)) for row in rows])
    else:
        driver.executemany(_SAVE, rows)


@lru_cache(16)
def _spelled(size: int) -> str:
    return f"SELECT {', '.join(COLUMNS)} FROM chat WHERE id IN ({', '.join('?' * size)}) ORDER BY id"  # noqa: S608 - our own columns
