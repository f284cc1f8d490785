"""Who belongs to a school: roles given and taken, classes changed, and the chats that follow (R-34, D10, D18, R-82).

Every change is the administrator's, stands in the journal, and is told to the person at once.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from rtserver.wire import desk as w
from rtserver.wire import family as wf
from rtserver.wire.errors import AppError
from rtserver.wire.school import Ok
from rtserver.wire.types import SchoolRole
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .applications import lock_account
from .duties import check_administers, check_role
from .invites import class_of_school
from .journal import record
from .names import clean_line
from .people import standing_of
from .ports import RoomRole, Telling, Transaction

ROOM_ROLES: dict[str, RoomRole] = {"student": "member", "teacher": "teacher", "class_teacher": "admin"}
RANK: dict[str, int] = {"student": 0, "teacher": 1, "class_teacher": 2}
r = t.school_role.c


def enter_school(
    tx: Transaction, account: int, school: int, role: SchoolRole, klass: int | None, subject: str
) -> int | None:
    """Give a role and open the class's chat to it; the chat's id, or None without a class. Asks no right."""
    tx.connection.execute(
        insert(t.school_role).values(
            id=new_id(tx.now),
            account_id=account,
            school_id=school,
            class_id=klass,
            role=role,
            subject=subject,
            since_ms=tx.now,
        )
    )
    tell_roles(tx, account, school)
    return None if klass is None else follow_class(tx, account, klass)


def follow_class(tx: Transaction, account: int, klass: int) -> int | None:
    """Put the account into the class's chat in the role it has there now, or out of it when it has none."""
    roles = tx.connection.execute(
        select(r.role).where(r.account_id == account, r.class_id == klass, r.until_ms.is_(None))
    ).scalars()
    best = max((role for role in roles if role in RANK), key=RANK.__getitem__, default=None)
    if best is None:
        tx.leave_room(klass, account)
        return None
    return tx.enter_room(klass, account, ROOM_ROLES[best])


def grant_role(tx: Transaction, actor: int, school: int, account: str, grant: w.RoleGrant) -> w.RoleGranted:
    """D10: administrators grant the others. The person must belong to the school in some role already."""
    check_administers(standing_of(tx.connection, actor), school)
    person = member_of(tx, school, account)
    klass = class_of_school(tx.connection, school, grant.class_id)
    number = None if klass is None else int(klass.id)
    check_role(grant.role, number)
    subject = clean_line(grant.subject, 80) if grant.role == "teacher" else ""
    same = tx.connection.execute(
        select(r.id).where(
            r.account_id == person,
            r.school_id == school,
            r.role == grant.role,
            r.class_id == number if number is not None else r.class_id.is_(None),
            r.subject == subject,
            r.until_ms.is_(None),
        )
    ).scalar()
    if same is not None:
        raise AppError("role_exists")
    if grant.role == "student":
        studies = tx.connection.execute(
            select(r.id).where(r.account_id == person, r.school_id == school, r.role == "student", r.until_ms.is_(None))
        ).first()
        if studies is not None:
            raise AppError("role_exists")
    enter_school(tx, person, school, grant.role, number, subject)
    role_id = tx.connection.execute(
        select(func.max(r.id)).where(r.account_id == person, r.school_id == school, r.role == grant.role)
    ).scalar_one()
    record(tx.connection, tx.now, school, actor, "role.granted", target=person, klass=number, detail=_words(grant))
    return w.RoleGranted(id=wire_id(role_id))


def revoke_role(tx: Transaction, actor: int, school: int, role_id: str) -> Ok:
    """Take one role; the last administrator keeps it (``last_admin``)."""
    check_administers(standing_of(tx.connection, actor), school)
    row = tx.connection.execute(
        select(t.school_role)
        .where(r.id == parse_id(role_id), r.school_id == school, r.until_ms.is_(None))
        .with_for_update()
    ).first()
    if row is None:
        raise AppError("role_unknown")
    if row.role == "admin":
        keep_an_admin(tx.connection, school, row.account_id)
    _end(tx, row)
    record(
        tx.connection, tx.now, school, actor, "role.revoked", target=row.account_id, klass=row.class_id, detail=row.role
    )
    return Ok()


def move_member(tx: Transaction, actor: int, school: int, account: str, move: w.MemberMove) -> Ok:
    """A student changes class: out of one chat, into the other."""
    check_administers(standing_of(tx.connection, actor), school)
    person = member_of(tx, school, account)
    target = class_of_school(tx.connection, school, move.to_class)
    assert target is not None
    row = tx.connection.execute(
        select(t.school_role).where(
            r.account_id == person,
            r.school_id == school,
            r.class_id == parse_id(move.from_class),
            r.role == "student",
            r.until_ms.is_(None),
        )
    ).first()
    if row is None:
        raise AppError("role_unknown")
    if row.class_id == target.id:
        return Ok()
    _end(tx, row)
    enter_school(tx, person, school, "student", target.id, "")
    record(tx.connection, tx.now, school, actor, "member.moved", target=person, klass=target.id)
    return Ok()


def remove_member(tx: Transaction, actor: int, school: int, account: str) -> Ok:
    """Out of the school: every role, every class's chat. What the person wrote stays, with its author's name."""
    check_administers(standing_of(tx.connection, actor), school)
    person = member_of(tx, school, account)
    rows = tx.connection.execute(
        select(t.school_role).where(r.account_id == person, r.school_id == school, r.until_ms.is_(None))
    ).all()
    if any(row.role == "admin" for row in rows):
        keep_an_admin(tx.connection, school, person)
    for row in rows:
        _end(tx, row)
    record(tx.connection, tx.now, school, actor, "member.removed", target=person)
    return Ok()


def member_of(tx: Transaction, school: int, account: str) -> int:
    """The number of somebody with a role in the school, locked; ``person_unknown`` for anybody else (E-14)."""
    person = parse_id(account)
    lock_account(tx, person)
    found = tx.connection.execute(
        select(r.id).where(r.account_id == person, r.school_id == school, r.until_ms.is_(None)).limit(1)
    ).first()
    if found is None:
        raise AppError("person_unknown")
    return person


def keep_an_admin(connection: Connection, school: int, leaving: int) -> None:
    """``last_admin`` unless another one stays. The school's row is locked, so two cannot leave at the same time."""
    connection.execute(select(t.school.c.id).where(t.school.c.id == school).with_for_update(key_share=True)).one()
    others = connection.execute(
        select(func.count(func.distinct(r.account_id))).where(
            r.school_id == school, r.role == "admin", r.until_ms.is_(None), r.account_id != leaving
        )
    ).scalar_one()
    if not others:
        raise AppError("last_admin")


def _end(tx: Transaction, row: Any) -> None:
    tx.connection.execute(update(t.school_role).where(r.id == row.id).values(until_ms=tx.now))
    if row.role == "class_teacher":
        drop_invites(tx, row.account_id, row.class_id)
    if row.class_id is not None:
        follow_class(tx, row.account_id, row.class_id)
    tell_roles(tx, row.account_id, row.school_id)


def drop_invites(tx: Transaction, account: int, klass: int) -> None:
    """Links that a class teacher made die with the role: nobody answers for them any more."""
    i = s.invite.c
    tx.connection.execute(
        update(s.invite)
        .where(i.created_by == account, i.class_id == klass, i.revoked_ms.is_(None))
        .values(revoked_ms=tx.now)
    )


def tell_roles(tx: Telling, account: int, school: int) -> None:
    tx.append_account(account, lambda seq, at: wf.RolesChanged(seq=seq, ts=at, school=wire_id(school)))


def _words(grant: w.RoleGrant) -> str:
    return f"{grant.role} {grant.subject}".strip()
