"""Counts of failures and of codes sent, in the database: a restart or a second process forgets none.

Keys are hashed: the table tells nobody whose contact was tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from rtserver.wire.errors import AppError
from storage.auth_tables import attempt
from storage.db import upsert

from .limits import WINDOW_MS, LimitRules, Scope, wait_minutes, window_of

Key = tuple[Scope, str]
"""A scope and what it counts: an address, a contact, an account."""


def check_attempts(
    connection: Connection, keys: Sequence[Key], rules: LimitRules, now: int, *, school: bool = False
) -> None:
    """Raise ``too_many_attempts`` when any key is over its bound."""
    worst = 0
    a = attempt.c
    current = window_of(now)
    for scope, key in keys:
        rows = connection.execute(
            select(a.window_ms, a.counted).where(
                a.scope == scope, a.key_sha256 == _hash(key), a.window_ms.in_([current, current - WINDOW_MS])
            )
        ).all()
        counts = {row.window_ms: row.counted for row in rows}
        bound = rules.bound(scope, school=school)
        worst = max(worst, wait_minutes(counts.get(current, 0), counts.get(current - WINDOW_MS, 0), bound, now))
    if worst:
        raise AppError("too_many_attempts", minutes=worst)


def count_attempts(connection: Connection, keys: Sequence[Key], now: int) -> None:
    """One more of each."""
    a = attempt.c
    current = window_of(now)
    for scope, key in keys:
        connection.execute(
            upsert(connection, attempt)
            .values(scope=scope, key_sha256=_hash(key), window_ms=current, counted=1)
            .on_conflict_do_update(
                index_elements=[a.scope, a.key_sha256, a.window_ms],
                set_={"counted": a.counted + 1},
            )
        )


def forgive_attempts(connection: Connection, keys: Sequence[Key]) -> None:
    """A success clears the failures of the contact and the account, never those of an address."""
    a = attempt.c
    for scope, key in keys:
        connection.execute(delete(attempt).where(a.scope == scope, a.key_sha256 == _hash(key)))


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
