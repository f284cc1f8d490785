"""Where a logged-in account goes on, from whatever device: its kept links and its standing. Changes nothing."""

from __future__ import annotations

from sqlalchemy import Connection, select

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a

from .flow import Standing, advance, decide_next
from .ports import Schools

LINKS_MAX = 5
"""Links of one account that are looked at, newest first."""


def next_step(connection: Connection, account: int, now: int, schools: Schools) -> w.NextStep:
    """The step, the link it is about, and why entry is held."""
    child_link, invite = kept_links(connection, account, now, schools)
    hold = schools.hold(connection, account, now)
    facts = Standing(bool(invite), bool(child_link), bool(hold), schools.stage(connection, account))
    step: w.Step = advance("signed_in", decide_next(facts)).state  # type: ignore[assignment] # every move from there
    link = {"child": child_link, "invitation": invite}.get(step, "")
    return w.NextStep(step=step, link=link, hold=hold)


def kept_links(connection: Connection, account: int, now: int, schools: Schools) -> tuple[str, str]:
    """The newest parent's link and the newest invite of the account's flows that still want an answer."""
    f = a.flow.c
    rows = connection.execute(
        select(f.start, f.link)
        .where(f.account_id == account, f.state == "signed_in", f.link != "", f.expires_ms > now)
        .order_by(f.id.desc())
        .limit(LINKS_MAX)
    ).all()
    child = next(
        (row.link for row in rows if row.start == "parent" and _wants(connection, account, row, now, schools)), ""
    )
    invite = next(
        (row.link for row in rows if row.start == "invite" and not schools.applied(connection, account, row.link, now)),
        "",
    )
    return child, invite


def _wants(connection: Connection, account: int, row: object, now: int, schools: Schools) -> bool:
    """Whether the link can still make this account a parent, and has not yet."""
    try:
        check = schools.check_parent_link(connection, row.link, account, now)  # type: ignore[attr-defined] # a row
    except AppError:
        return False
    return check.viewer != "parent"
