"""Invite links to a school and class (R-15, R-16, R-32, R-36, R-37). Following one grants nothing by itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from rtserver.wire import school as w
from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .duties import check_decides, check_desk, check_role, may_invite
from .journal import record
from .links import Link, LinkKey
from .people import names_of, short_name, standing_of
from .ports import Transaction
from .settings import DAY_MS, SchoolSettings

PRIMARY_GRADES = range(1, 5)
"""D2, R-6: grades in which an e-mail may stand for the phone."""


def class_of_school(connection: Connection, school: int, class_id: str | None) -> Row[Any] | None:
    """The living class of that school, or None when none was named; ``class_unknown`` for any other id."""
    if class_id is None:
        return None
    k = t.school_class.c
    row = connection.execute(
        select(t.school_class).where(k.id == parse_id(class_id), k.school_id == school, k.archived_ms.is_(None))
    ).first()
    if row is None:
        raise AppError("class_unknown")
    return row


def make_invite(
    tx: Transaction, actor: int, school: int, make: w.InviteMake, settings: SchoolSettings, *, roster: int | None = None
) -> int:
    """R-15, R-37: a new invite; its id."""
    who = standing_of(tx.connection, actor)
    check_desk(who, school)
    klass = class_of_school(tx.connection, school, make.class_id)
    class_number = None if klass is None else int(klass.id)
    check_role(make.role, class_number)
    check_decides(who, school, make.role, class_number)
    living = tx.connection.execute(
        select(func.count())
        .select_from(s.invite)
        .where(
            s.invite.c.school_id == school,
            s.invite.c.revoked_ms.is_(None),
            s.invite.c.expires_ms > tx.now,
            s.invite.c.roster_id.is_(None),
        )
    ).scalar_one()
    if living >= settings.invites_active and roster is None:
        raise AppError("rate_limited", seconds=3600)
    number = new_id(tx.now)
    tx.connection.execute(
        insert(s.invite).values(
            id=number,
            school_id=school,
            class_id=class_number,
            role=make.role,
            roster_id=roster,
            created_by=actor,
            created_ms=tx.now,
            expires_ms=tx.now + make.days * DAY_MS,
            uses=make.uses,
        )
    )
    if roster is None:
        record(tx.connection, tx.now, school, actor, "invite.created", klass=class_number, detail=make.role)
    return number


def own_invite(tx: Transaction, actor: int, school: int, invite: str) -> Row[Any]:
    """An invite of that school which the actor may manage."""
    who = standing_of(tx.connection, actor)
    check_desk(who, school)
    row = tx.connection.execute(
        select(s.invite).where(s.invite.c.id == parse_id(invite), s.invite.c.school_id == school).with_for_update()
    ).first()
    if row is None:
        raise AppError("invite_unknown")
    check_decides(who, school, row.role, row.class_id)
    return row


def revoke_invite(tx: Transaction, actor: int, school: int, invite: str) -> w.Ok:
    row = own_invite(tx, actor, school, invite)
    if row.revoked_ms is None:
        tx.connection.execute(update(s.invite).where(s.invite.c.id == row.id).values(revoked_ms=tx.now))
        record(tx.connection, tx.now, school, actor, "invite.revoked", klass=row.class_id, detail=row.role)
    return w.Ok()


def renew_invite(tx: Transaction, actor: int, school: int, invite: str, settings: SchoolSettings) -> int:
    """«Выпустить новую» (R-37): the old link dies, a new one of the same kind and length lives; its id."""
    row = own_invite(tx, actor, school, invite)
    # the pupil of a named invite goes with the new one: a pupil has one invite
    over = {"revoked_ms": row.revoked_ms or tx.now, "roster_id": None}
    tx.connection.execute(update(s.invite).where(s.invite.c.id == row.id).values(**over))
    days = max(1, min(365, round((row.expires_ms - row.created_ms) / DAY_MS)))
    class_id = None if row.class_id is None else wire_id(row.class_id)
    again = w.InviteMake(role=row.role, class_id=class_id, days=days, uses=row.uses)
    number = make_invite(tx, actor, school, again, settings, roster=row.roster_id)
    if row.roster_id is not None:
        record(tx.connection, tx.now, school, actor, "invite.renewed", klass=row.class_id, detail=row.role)
    return number


def invite_state(row: Any, now: int) -> w.InviteState:
    if row.revoked_ms is not None:
        return "revoked"
    if row.expires_ms <= now:
        return "expired"
    if row.uses is not None and row.used >= row.uses:
        return "used_up"
    return "active"


def load_invites(
    connection: Connection,
    actor: int,
    school: int,
    key: LinkKey,
    settings: SchoolSettings,
    now: int,
    *,
    only: int | None = None,
    class_id: str | None = None,
) -> w.Invites:
    """Invites that the actor may manage, newest first: class teachers see those of their classes."""
    who = standing_of(connection, actor)
    check_desk(who, school)
    i, k, r = s.invite.c, t.school_class.c, s.roster.c
    query = (
        select(s.invite, k.name.label("class_name"), r.first_name, r.last_name)
        .join(t.school_class, k.id == i.class_id, isouter=True)
        .join(s.roster, r.id == i.roster_id, isouter=True)
        .where(i.school_id == school)
        .order_by(i.id.desc())
        .limit(2_000)
    )
    if only is not None:
        query = query.where(i.id == only)
    if class_id is not None:
        query = query.where(i.class_id == parse_id(class_id))
    rows = [row for row in connection.execute(query) if may_invite(who, school, row.role, row.class_id)]
    names = names_of(connection, {row.created_by for row in rows})
    return w.Invites(
        invites=[
            w.Invite(
                id=wire_id(row.id),
                url=settings.url + key.path(Link("invite", row.id)),
                role=row.role,
                class_id=None if row.class_id is None else wire_id(row.class_id),
                class_name=row.class_name or "",
                state=invite_state(row, now),
                created=row.created_ms,
                created_by=names.get(row.created_by, ""),
                expires=row.expires_ms,
                used=row.used,
                uses=row.uses,
                named=f"{row.last_name} {row.first_name}" if row.first_name else "",
            )
            for row in rows
        ]
    )


def living_invite(connection: Connection, link: Link, now: int) -> Row[Any]:
    """The invite of a token while it works; else the reason, and whom to ask (R-36)."""
    row = connection.execute(select(s.invite).where(s.invite.c.id == link.id)).first()
    if row is None:
        raise AppError("invite_unknown")
    state = invite_state(row, now)
    if state != "active":
        raise AppError(f"invite_{state}")
    return row


def check_invite(connection: Connection, link: Link, now: int) -> w.InviteCheck:
    """R-16: school and class, before anything is asked."""
    row = living_invite(connection, link, now)
    school = connection.execute(select(t.school).where(t.school.c.id == row.school_id)).one()
    klass = connection.execute(select(t.school_class).where(t.school_class.c.id == row.class_id)).first()
    if klass is not None and klass.archived_ms is not None:
        raise AppError("class_closed")
    maker = connection.execute(
        select(t.account.c.first_name, t.account.c.last_name).where(t.account.c.id == row.created_by)
    ).one()
    named = connection.execute(select(s.roster).where(s.roster.c.id == row.roster_id)).first()
    grade = 0 if klass is None else int(klass.grade)
    return w.InviteCheck(
        school=wire_id(school.id),
        school_name=school.name,
        class_id=None if klass is None else wire_id(klass.id),
        class_name="" if klass is None else klass.name,
        grade=grade,
        role=row.role,
        invited_by=short_name(maker.first_name, maker.last_name),
        expires=row.expires_ms,
        email_allowed=row.role == "student" and grade in PRIMARY_GRADES,
        named_first=named.first_name if named else "",
        named_last=named.last_name[:1] + "." if named else "",
    )


def count_use(tx: Transaction, invite: int) -> None:
    """One more came by it; ``invite_used_up`` when somebody else took the last place meanwhile."""
    i = s.invite.c
    taken = tx.connection.execute(
        update(s.invite).where(i.id == invite, i.uses.is_(None) | (i.used < i.uses)).values(used=i.used + 1)
    ).rowcount
    if not taken:
        raise AppError("invite_used_up")
