"""Reports of messages: a snapshot to the administrators of a school (D8, E-14). Shows no chat beyond the snapshot.

A report goes to the chat's own school, else to a school of the author's that is the reporter's too (a parent's through
the child), else to the first of the reporter's. Administrators do not read chats: these copies are all they see (D17).
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from rtserver.school.access import Standing
from rtserver.school.journal import record
from rtserver.school.relations import load_standings
from rtserver.wire import reports as w
from rtserver.wire.chat import Done
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id
from storage.reading import message_rows, people

from .loads import living_message, member_role, person_name
from .states import require_sight
from .work import Work

AROUND = 5
"""Messages before and after the one that is reported (S29)."""
DAY_MS = 86_400_000
REPORTS_A_DAY = 50
"""Of one reporter: a person who reads what is reported stands at the other end."""
r = t.report.c
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(list[w.ReportedMessage]).decode


def report_message(work: Work, actor: int, command: w.MessageReport) -> Done:
    head = work.head(parse_id(command.chat))
    member_role(work.connection, head.id, actor)
    row = living_message(work.connection, head.id, actor, command.target)
    if row.author == actor:
        raise AppError("report_own")
    connection = work.connection
    again = select(r.id).where(r.reporter == actor, r.chat_id == head.id, r.seq == row.seq)
    if connection.execute(again).first() is not None:
        return Done()
    lately = select(func.count()).select_from(t.report).where(r.reporter == actor, r.created_ms > work.now - DAY_MS)
    if connection.execute(lately).scalar_one() >= REPORTS_A_DAY:
        raise AppError("rate_limited", seconds=3600)
    school = connection.execute(select(t.chat.c.school_id).where(t.chat.c.id == head.id)).scalar()
    values = {
        "id": new_id(work.now),
        "school_id": school or _school_of(connection, actor, row.author),
        "chat_id": head.id,
        "seq": row.seq,
        "author": row.author,
        "reporter": actor,
        "reason": command.reason,
        "comment": command.comment,
        "snapshot": _encode(_snapshot(connection, actor, head.id, head.seq, row.seq)),
        "created_ms": work.now,
    }
    connection.execute(insert(t.report).values(values))
    return Done()


def list_reports(connection: Connection, account: int, command: w.ReportList) -> w.ReportsListed:
    schools = _administered(connection, account)
    query = select(t.report).where(r.school_id.in_(schools)).order_by(r.id.desc()).limit(w.REPORTS_PAGE + 1)
    if command.open:
        query = query.where(r.decided_ms.is_(None))
    if command.before is not None:
        query = query.where(r.id < parse_id(command.before))
    rows = connection.execute(query).all()
    more, rows = len(rows) > w.REPORTS_PAGE, rows[: w.REPORTS_PAGE]
    titles = {
        row.id: row.title
        for row in connection.execute(
            select(t.chat.c.id, t.chat.c.title).where(t.chat.c.id.in_([x.chat_id for x in rows]))
        )
    }
    reports = [_shown(row, titles.get(row.chat_id, "")) for row in rows]
    named = {parse_id(message.author) for report in reports for message in report.messages}
    named |= {row.reporter for row in rows} | {row.decided_by for row in rows if row.decided_by is not None}
    return w.ReportsListed(reports=reports, people=people(connection, named), more=more)


def decide_report(work: Work, actor: int, command: w.ReportDecide) -> Done:
    row = work.connection.execute(select(t.report).where(r.id == parse_id(command.report)).with_for_update()).first()
    if row is None or row.school_id not in _administered(work.connection, actor):
        raise AppError("not_found")
    if row.decided_ms is not None:
        if (row.decided_by, row.decision) == (actor, command.decision):
            return Done()
        raise AppError("already_decided", name=person_name(work.connection, row.decided_by))
    values = {"decision": command.decision, "decided_by": actor, "decided_ms": work.now}
    work.connection.execute(update(t.report).where(r.id == row.id).values(values))
    record(work.connection, work.now, row.school_id, actor, "report.decide", target=row.author, detail=command.decision)
    return Done()


def _administered(connection: Connection, account: int) -> list[int]:
    """Schools of which the account is an administrator; whoever is none learns that there is nothing for them."""
    standing = load_standings(connection, (account,)).get(account)
    schools = [role.school for role in standing.roles if role.role == "admin"] if standing else []
    if not schools:
        raise AppError("not_in_school")
    return [school for school in schools if school is not None]


def _school_of(connection: Connection, reporter: int, author: int) -> int:
    standings = load_standings(connection, (reporter, author))
    mine, theirs = (_schools(standings.get(one)) for one in (reporter, author))
    found = next((school for school in mine if school in theirs), next(iter(mine), None))
    if found is None:
        raise AppError("not_in_school")
    return found


def _schools(who: Standing | None) -> list[int]:
    if who is None:
        return []
    return [*(role.school for role in who.roles if role.school is not None), *sorted(who.child_schools)]


def _snapshot(connection: Connection, reporter: int, chat: int, head: int, seq: int) -> list[w.ReportedMessage]:
    """What the reporter sees around the message, tombstones left out."""
    sight = require_sight(connection, reporter, chat)
    column = t.message.c.seq
    living = t.message.c.deleted_ms.is_(None)
    rows: list[Any] = [
        *connection.execute(
            message_rows(reporter, chat, sight.ranges(0, seq)).where(living).order_by(column.desc()).limit(AROUND + 1)
        ),
        *connection.execute(
            message_rows(reporter, chat, sight.ranges(seq, head)).where(living).order_by(column).limit(AROUND)
        ),
    ]
    return [
        w.ReportedMessage(seq=row.seq, author=wire_id(row.author), ts=row.ts_ms, text=row.body or "")
        for row in sorted(rows, key=lambda one: one.seq)
    ]


def _shown(row: Any, title: str) -> w.Report:
    return w.Report(
        id=wire_id(row.id),
        chat=wire_id(row.chat_id),
        chat_title=title,
        target=row.seq,
        reporter=wire_id(row.reporter),
        reason=row.reason,
        comment=row.comment,
        created=row.created_ms,
        messages=_decode(row.snapshot),
        decision=row.decision,
        decided_by=None if row.decided_by is None else wire_id(row.decided_by),
        decided=row.decided_ms,
    )
