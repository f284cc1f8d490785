"""What the writer asks about a batch of posts, in one statement a question. Decides nothing.

SQLite gets the keys as one ``VALUES`` list joined by the index: a tenth of the CPU of a row-value ``IN`` of binds that
SQLAlchemy spells out anew for each batch. PostgreSQL gets that ``IN``, whose types its driver knows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select, tuple_

from . import tables as t
from .db import sqlite_driver

Pair = tuple[int, int]
Nonce = tuple[int, str]

_ABSENT = (
    "SELECT k.a, k.b FROM k WHERE NOT EXISTS"
    " (SELECT 1 FROM membership m WHERE m.chat_id = k.a AND m.account_id = k.b AND m.to_seq IS NULL)"
)
_EARLIER = (
    "SELECT m.author, m.nonce, m.request_hash, m.seq, m.ts_ms, m.post_no"
    " FROM k CROSS JOIN message m ON m.author = k.a AND m.nonce = k.b"  # CROSS JOIN: SQLite keeps this order
)


def absent_members(connection: Connection, pairs: Collection[Pair]) -> set[Pair]:
    """Those ``(chat, account)`` pairs of whom the account is not in the chat now."""
    wanted = list(set(pairs))
    driver = sqlite_driver(connection)
    if driver is not None:
        return set(_by_keys(driver, _ABSENT, wanted))
    m = t.membership.c
    present = connection.execute(
        select(m.chat_id, m.account_id).where(tuple_(m.chat_id, m.account_id).in_(wanted), m.to_seq.is_(None))
    )
    return set(wanted) - {(chat, account) for chat, account in present}


def earlier_posts(connection: Connection, keys: Collection[Nonce]) -> Sequence[Any]:
    """``(author, nonce, request_hash, seq, ts_ms, post_no)`` of the posts that stand under these nonces (E-1)."""
    wanted = list(set(keys))
    driver = sqlite_driver(connection)
    if driver is not None:
        return _by_keys(driver, _EARLIER, wanted)
    c = t.message.c
    return connection.execute(
        select(c.author, c.nonce, c.request_hash, c.seq, c.ts_ms, c.post_no).where(
            tuple_(c.author, c.nonce).in_(wanted)
        )
    ).all()


def _by_keys(driver: sqlite3.Connection, question: str, keys: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
    """Ask about a batch of two-column keys, padded to a power of two by repeating the last: an answer may come twice.

    So there are ten statements at most, and the driver prepares each once.
    """
    if not keys:
        return []
    size = 1 << (len(keys) - 1).bit_length()
    padded = [*keys, *[keys[-1]] * (size - len(keys))]
    values = tuple(value for key in padded for value in key)
    return driver.execute(_spelled(question, size), values).fetchall()


@lru_cache(64)
def _spelled(question: str, size: int) -> str:
    return f"WITH k(a, b) AS (VALUES {', '.join(['(?, ?)'] * size)}) {question}"
