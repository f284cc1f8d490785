"""The append-only journal of every administrator's action (E-14), written in the action's own transaction.

An entry is never changed.
``detail`` holds facts of the action: role names, class names, counts, reasons. No texts of chats, no phone numbers.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, or_, select

from rtserver.wire import desk as w
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .people import names_of

PAGE = 100
DETAIL_CHARS = 1_000
KINDS = {
    "application": ("application.",),
    "class": ("class.",),
    "invite": ("invite.", "list."),
    "member": ("member.", "role.", "parent.", "student."),
    "school": ("school.",),
}
"""What a reader may narrow the journal to: beginnings of actions."""


def record(
    connection: Connection,
    now: int,
    school: int | None,
    actor: int | None,
    action: str,
    *,
    target: int | None = None,
    klass: int | None = None,
    detail: str = "",
) -> None:
    """One entry; ``actor`` is None for the operator's command line."""
    connection.execute(
        insert(s.journal).values(
            id=new_id(now),
            school_id=school,
            actor_id=actor,
            action=action,
            target_id=target,
            class_id=klass,
            detail=detail[:DETAIL_CHARS],
            ts_ms=now,
        )
    )


def load_journal(connection: Connection, school: int, before: str, limit: int = PAGE, kind: str = "") -> w.Journal:
    """The newest entries before an id, newest first; of one of ``KINDS``, or of all by any other word."""
    j = s.journal.c
    query = select(s.journal).where(j.school_id == school).order_by(j.id.desc()).limit(limit + 1)
    if before:
        query = query.where(j.id < parse_id(before))
    if kind in KINDS:
        query = query.where(or_(*(j.action.startswith(start, autoescape=True) for start in KINDS[kind])))
    rows = connection.execute(query).all()
    more = len(rows) > limit
    rows = rows[:limit]
    names = names_of(connection, {p for row in rows for p in (row.actor_id, row.target_id) if p is not None})
    k = t.school_class.c
    classes = {
        row.id: row.name
        for row in connection.execute(
            select(k.id, k.name).where(k.id.in_([row.class_id for row in rows if row.class_id is not None]))
        )
    }
    entries = [
        w.JournalEntry(
            id=wire_id(row.id),
            at=row.ts_ms,
            actor=None if row.actor_id is None else wire_id(row.actor_id),
            actor_name=names.get(row.actor_id, ""),
            action=row.action,
            target=None if row.target_id is None else wire_id(row.target_id),
            target_name=names.get(row.target_id, ""),
            class_name=classes.get(row.class_id, ""),
            detail=row.detail,
        )
        for row in rows
    ]
    return w.Journal(entries=entries, before=wire_id(rows[-1].id) if more else None)
