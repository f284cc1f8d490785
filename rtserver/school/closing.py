"""An account leaves every school and family because it is closed (E-13, E-17); everybody whom that touches is told.

Its chats are left by ``Transaction.leave_rooms``. Names and log-in are others' business.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from storage import school_tables as s
from storage import tables as t

from .families import tell_entry, tell_family
from .hold import load_holds
from .members import keep_an_admin, tell_roles
from .ports import Telling


def leave_schools(tx: Telling, account: int) -> None:
    """End its roles, applications, invites, family ties, picture and blocks; ``last_admin`` before anything changes."""
    connection = tx.connection
    r, a, i = t.school_role.c, s.application.c, s.invite.c
    roles = connection.execute(select(r.school_id, r.role).where(r.account_id == account, r.until_ms.is_(None))).all()
    for school in sorted({row.school_id for row in roles if row.role == "admin"}):
        keep_an_admin(connection, school, account)
    connection.execute(
        update(t.school_role).where(r.account_id == account, r.until_ms.is_(None)).values(until_ms=tx.now)
    )
    for school in sorted({row.school_id for row in roles if row.school_id is not None}):
        tell_roles(tx, account, school)
    connection.execute(
        update(s.application)
        .where(a.account_id == account, a.status == "waiting")
        .values(status="withdrawn", decided_ms=tx.now)
    )
    connection.execute(
        update(s.invite).where(i.created_by == account, i.revoked_ms.is_(None)).values(revoked_ms=tx.now)
    )
    _leave_family(tx, account)
    for table in (s.avatar, t.block):
        connection.execute(delete(table).where(table.c.account_id == account))
    connection.execute(delete(s.parent_link).where(s.parent_link.c.child_id == account))


def _leave_family(tx: Telling, account: int) -> None:
    """A child without its parent may be held again at once (D6); both sides hear of the tie's end."""
    pc = t.parent_child.c
    ties = tx.connection.execute(
        select(pc.parent_id, pc.child_id).where((pc.parent_id == account) | (pc.child_id == account))
    ).all()
    children = [row.child_id for row in ties if row.parent_id == account]
    before = load_holds(tx.connection, children, tx.now)
    for parent, child in ties:
        others = tx.connection.execute(select(pc.parent_id).where(pc.child_id == child)).scalars().all()
        tx.connection.execute(delete(t.parent_child).where(pc.parent_id == parent, pc.child_id == child))
        tell_family(tx, "detached", child, parent, [one for one in (child, *others) if one != account])
    for child in children:
        tell_entry(tx, child, account, was_held=bool(before.get(child)))
