"""Rows of uploads and of the space that accounts and schools use. Decides nothing: callers bring the limits.

Used bytes are counted, not summed: each change of them stands in the transaction of what it counts, and
``rtserver admin files check`` sums them anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from . import file_tables as f
from . import tables as t
from .db import upsert

u = f.upload.c
OPEN = ("open", "whole")
"""States of an upload that still waits for bytes, or, as a finished part, for being joined."""


def school_of(connection: Connection, account: int) -> int:
    """The school whose space an account's files use: the first it belongs to, else its child's; 0 for none."""
    r, p = t.school_role.c, t.parent_child.c
    own = select(r.school_id, r.id).where(r.account_id == account, r.until_ms.is_(None), r.school_id.is_not(None))
    found = connection.execute(own.order_by(r.id)).first()
    if found is None:
        child = (
            select(r.school_id)
            .join(t.parent_child, p.child_id == r.account_id)
            .where(p.parent_id == account, r.until_ms.is_(None), r.school_id.is_not(None))
            .order_by(r.id)
        )
        found = connection.execute(child).first()
    return 0 if found is None else int(found[0])


def load_upload(connection: Connection, upload: int) -> Row[Any] | None:
    return connection.execute(select(f.upload).where(u.id == upload)).first()


def load_uploads(connection: Connection, uploads: Collection[int]) -> dict[int, Row[Any]]:
    rows = connection.execute(select(f.upload).where(u.id.in_(list(uploads))))
    return {row.id: row for row in rows}


def uploads_in(connection: Connection, states: Collection[str]) -> Sequence[Row[Any]]:
    return connection.execute(select(f.upload).where(u.state.in_(list(states))).order_by(u.id)).all()


def expired_uploads(connection: Connection, now_ms: int, limit: int) -> Sequence[Row[Any]]:
    """Unfinished ones whose time is over."""
    return connection.execute(
        select(f.upload).where(u.state.in_(OPEN), u.expires_ms <= now_ms).order_by(u.id).limit(limit)
    ).all()


def open_count(connection: Connection, account: int) -> int:
    return connection.execute(select(func.count()).where(u.account_id == account, u.state.in_(OPEN))).scalar_one()


def joined_of(connection: Connection, account: int, parts: str) -> int | None:
    """The upload that was joined of exactly these parts already: a client that lost the answer asks again."""
    return connection.execute(select(u.id).where(u.account_id == account, u.kind == "final", u.parts == parts)).scalar()


def add_upload(connection: Connection, **values: Any) -> None:
    connection.execute(insert(f.upload).values(**values))


def change_upload(connection: Connection, upload: int, **values: Any) -> None:
    connection.execute(update(f.upload).where(u.id == upload).values(**values))


def release(connection: Connection, row: Row[Any], state: str, error: str = "") -> None:
    """End an upload without a file: what was set aside for it is free again."""
    change_upload(connection, row.id, state=state, error=error, reserved=0)
    count_usage(connection, row.account_id, row.school_id, -row.reserved)


def used(connection: Connection, holder: int) -> int:
    found = connection.execute(select(f.file_usage.c.used_bytes).where(f.file_usage.c.holder_id == holder)).scalar()
    return int(found or 0)


def count_usage(connection: Connection, account: int, school: int, change: int) -> None:
    """Add to what an account and its school use; 0 is no school."""
    if not change:
        return
    c = f.file_usage.c
    for holder in filter(None, (account, school)):
        statement = upsert(connection, f.file_usage).values(holder_id=holder, used_bytes=change)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["holder_id"], set_={"used_bytes": c.used_bytes + change})
        )


def true_usage(connection: Connection) -> dict[int, int]:
    """Used bytes by account and school, summed from the rows that they count."""
    found: dict[int, int] = {}
    for table, size in ((f.upload, u.reserved), (f.file, f.file.c.size)):
        for holder in (table.c.account_id, table.c.school_id):
            for who, total in connection.execute(select(holder, func.sum(size)).group_by(holder)):
                if who:
                    found[who] = found.get(who, 0) + int(total)
    return {who: total for who, total in found.items() if total}


def stray(connection: Connection, uploads: Collection[int]) -> set[int]:
    """Those of the ids whose bytes no living row stands for."""
    wanted = list(uploads)
    rows = connection.execute(
        select(u.id).where(u.id.in_(wanted), or_(u.state.in_((*OPEN, "checking")), u.state == "joined"))
    ).scalars()
    return set(wanted) - set(rows)
