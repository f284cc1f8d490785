"""Exports for spreadsheets (E-16): members, applications, the journal, as CSV with a byte-order mark and semicolons.

A cell that a spreadsheet would take for a formula gets an apostrophe in front: names are typed by strangers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from rtserver.wire.errors import AppError
from storage import tables as t

from .deciding import load_desk_applications
from .duties import check_administers
from .journal import load_journal
from .people import standing_of
from .roll import load_members

KINDS = ("members", "applications", "journal")
ROWS_MAX = 20_000
"""A school has some thousand people; the journal's rest comes by its pages."""


def export_csv(connection: Connection, actor: int, school: int, kind: str, now: int) -> bytes:
    """The whole table of one kind, for an administrator of the school."""
    check_administers(standing_of(connection, actor), school)
    zone = ZoneInfo(connection.execute(select(t.school.c.time_zone).where(t.school.c.id == school)).scalar_one())
    if kind == "members":
        return _members(connection, actor, school, now)
    if kind == "applications":
        return _applications(connection, actor, school, now, zone)
    if kind == "journal":
        return _journal(connection, school, zone)
    raise AppError("not_found")


def _members(connection: Connection, actor: int, school: int, now: int) -> bytes:
    members = load_members(connection, actor, school, now, limit=ROWS_MAX)
    rows = [
        (one.name, one.birth_date, role.role, role.class_name, role.subject, ", ".join(p.name for p in one.parents))
        for one in members.members
        for role in one.roles
    ]
    return write_csv(("ФИО", "Дата рождения", "Роль", "Класс", "Предмет", "Родители"), rows)


def _applications(connection: Connection, actor: int, school: int, now: int, zone: ZoneInfo) -> bytes:
    rows = [
        (
            one.name, one.birth_date, one.role, one.class_name, one.via, one.status, one.reason,
            _moment(one.created, zone), _moment(one.decided, zone), one.decided_by,
        )
        for status in ("waiting", "decided")
        for one in load_desk_applications(connection, actor, school, status, now).applications
    ]  # fmt: skip
    heads = ("ФИО", "Дата рождения", "Роль", "Класс", "Способ", "Состояние", "Причина", "Подана", "Решена", "Кем")
    return write_csv(heads, rows)


def _journal(connection: Connection, school: int, zone: ZoneInfo) -> bytes:
    rows = [
        (_moment(e.at, zone), e.actor_name, e.action, e.target_name, e.class_name, e.detail)
        for e in load_journal(connection, school, "", ROWS_MAX).entries
    ]
    return write_csv(("Когда", "Кто", "Действие", "Над кем", "Класс", "Подробности"), rows)


def write_csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    out = csv.writer(text, delimiter=";", lineterminator="\r\n")
    out.writerow(heads)
    out.writerows([_safe(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _moment(at_ms: int | None, zone: ZoneInfo) -> str:
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%d.%m.%Y %H:%M")
