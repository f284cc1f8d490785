"""Schools and families as the log-in sees them (``auth.ports.Schools``), and links as the operator sees them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, select

from rtserver.wire.errors import AppError, wire_error
from rtserver.wire.family import ParentLinkCheck
from rtserver.wire.school import ApplicationMake, InviteCheck
from storage import school_tables as s
from storage import tables as t

from .ages import DEFAULT_ZONE, is_adult, school_day
from .applications import apply_to_school, decline_invite
from .closing import leave_schools
from .families import check_link
from .hold import HoldReason, load_holds
from .invites import check_invite
from .links import KINDS, PATHS, Link, LinkKey
from .people import standing_of
from .ports import Run, Telling
from .relations import load_standings
from .settings import SchoolSettings


class SchoolDoors:
    """What ``rtserver.auth`` is given instead of ``NoSchool``."""

    def __init__(self, run: Run, key: LinkKey, settings: SchoolSettings) -> None:
        self._run = run
        self._key = key
        self._settings = settings

    def check_invite(self, connection: Connection, token: str, now: int) -> InviteCheck:
        return check_invite(connection, self._key.read(token, "invite"), now)

    def named_invite(self, connection: Connection, token: str, now: int) -> int | None:
        link = self._key.read(token, "invite")
        row = connection.execute(select(s.invite.c.id, s.invite.c.roster_id).where(s.invite.c.id == link.id)).first()
        return None if row is None or row.roster_id is None else int(row.id)

    def check_parent_link(self, connection: Connection, token: str, viewer: int | None, now: int) -> ParentLinkCheck:
        return check_link(connection, self._key.read(token, "parent"), viewer, now, self._settings)

    def is_child(self, connection: Connection, account: int, now: int) -> bool:
        row = connection.execute(select(t.account.c.birth_date).where(t.account.c.id == account)).first()
        if row is None or is_adult(row.birth_date, school_day(now, DEFAULT_ZONE)):
            return False
        a = s.application.c
        standing = load_standings(connection, (account,)).get(account)
        if standing is not None and any(r.role == "student" for r in standing.roles):
            return True
        if row.birth_date is not None:
            return True  # registered as a child, and not in any school yet
        return connection.execute(select(a.id).where(a.account_id == account, a.role == "student")).first() is not None

    def hold(self, connection: Connection, account: int, now: int) -> HoldReason:
        return load_holds(connection, (account,), now).get(account, "")

    def stage(self, connection: Connection, account: int) -> Literal["member", "waiting", "none"]:
        standing = load_standings(connection, (account,)).get(account)
        if standing is not None and (standing.roles or standing.children):
            return "member"
        a = s.application.c
        waiting = connection.execute(select(a.id).where(a.account_id == account, a.status == "waiting")).first()
        return "none" if waiting is None else "waiting"

    def applied(self, connection: Connection, account: int, token: str, now: int) -> bool:
        try:
            link = self._key.read(token, "invite")
            check = check_invite(connection, link, now)
        except AppError:
            return True
        a = s.application.c
        open_one = connection.execute(
            select(a.id).where(
                a.account_id == account,
                (a.invite_id == link.id) | (a.status == "waiting"),
                a.school_id == int(check.school),
            )
        ).first()
        if open_one is not None:
            return True
        who = standing_of(connection, account)
        return any(r.role == check.role and r.school == int(check.school) for r in who.roles)

    async def join(self, account: int, token: str) -> None:
        make = ApplicationMake(invite=token)
        await self._run(lambda tx: apply_to_school(tx, account, make, self._key, self._settings))

    async def decline(self, account: int, token: str) -> None:
        await self._run(lambda tx: decline_invite(tx.connection, token, self._key, tx.now))

    def leave_everything(self, tx: Telling, account: int) -> None:
        leave_schools(tx, account)


def explain_link(
    connection: Connection, url: str, key: LinkKey, now: int, settings: SchoolSettings
) -> tuple[bool, list[str]]:
    """Whether a link works, and lines for support: what it is, whose, why it fails, who can mend it. No names of
    children: support needs none.
    """
    path = url.strip().split("?")[0].rstrip("/")
    kind = next((k for k in KINDS if PATHS[k].strip("/") == path.rpartition("/")[0].rpartition("/")[2]), None)
    token = path.rpartition("/")[2]
    if kind is None:
        return False, ["This is no invite (/i/…) and no parent's link (/p/…)."]
    try:
        link = key.read(token, kind)
    except AppError as refusal:
        return False, ["Cut, altered, or of another server: its signature is wrong.", *_remedy(refusal)]
    lines = [f"A parent's link of account {link.id}, issue {link.serial}."]
    if kind == "invite":
        lines = _explain_invite(connection, link)
    try:
        if kind == "invite":
            check_invite(connection, link, now)
        else:
            check_link(connection, link, None, now, settings)
    except AppError as refusal:
        return False, [*lines, *_remedy(refusal)]
    return True, [*lines, "It works."]


def _explain_invite(connection: Connection, link: Link) -> list[str]:
    i, k = s.invite.c, t.school_class.c
    row = connection.execute(
        select(s.invite, t.school.c.name.label("school"), k.name.label("klass"))
        .join(t.school, t.school.c.id == i.school_id)
        .join(t.school_class, k.id == i.class_id, isouter=True)
        .where(i.id == link.id)
    ).first()
    if row is None:
        return ["An invite that this database does not have."]
    uses = "any number of uses" if row.uses is None else f"{row.uses} uses"
    return [f"An invite to {row.school} {row.klass or ''} as {row.role}, {row.used} used of {uses}."]


def _remedy(refusal: AppError) -> list[str]:
    error = wire_error(refusal)
    return [f"{error['code']}: {error['message']} / {error['message_en']}", f"Can be mended by: {error['mender']}"]
