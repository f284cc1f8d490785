"""The school's list of members for those who keep it (S29): search, filters, roles, parents. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, or_, select

from rtserver.wire import desk as w
from rtserver.wire.school import Relative
from storage import tables as t
from storage.ids import parse_id, wire_id
from storage.search import fold

from .duties import administers, check_desk, led_classes
from .hold import load_holds
from .people import names_of, standing_of

PAGE = 200


def load_members(
    connection: Connection,
    actor: int,
    school: int,
    now: int,
    *,
    query: str = "",
    role: str = "",
    class_id: str = "",
    limit: int = PAGE,
) -> w.SchoolMembers:
    """Administrators see everybody, class teachers the students and teachers of their classes."""
    who = standing_of(connection, actor)
    check_desk(who, school)
    r, p, k = t.school_role.c, t.account.c, t.school_class.c
    rows_of = (
        select(
            r.id,
            r.account_id,
            r.role,
            r.class_id,
            r.subject,
            p.first_name,
            p.last_name,
            p.patronymic,
            p.birth_date,
            p.gender,
            k.name.label("class_name"),
        )
        .join(t.account, p.id == r.account_id)
        .join(t.school_class, k.id == r.class_id, isouter=True)
        .where(r.school_id == school, r.until_ms.is_(None), p.closed_ms.is_(None))
        .order_by(p.last_name, p.first_name, p.id, r.id)
    )
    if not administers(who, school):
        rows_of = rows_of.where(r.class_id.in_(sorted(led_classes(who, school))))
    if role:
        rows_of = rows_of.where(r.role == role)
    if class_id:
        rows_of = rows_of.where(r.class_id == parse_id(class_id))
    for word in fold(query).split()[:4]:
        like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows_of = rows_of.where(
            or_(p.name_fold.like(f"{like}%", escape="\\"), p.name_fold.like(f"% {like}%", escape="\\"))
        )
    people: dict[int, list[w.SchoolMemberRole]] = defaultdict(list)
    about: dict[int, Any] = {}
    for row in connection.execute(rows_of):
        people[row.account_id].append(
            w.SchoolMemberRole(
                id=wire_id(row.id),
                role=row.role,
                class_id=None if row.class_id is None else wire_id(row.class_id),
                class_name=row.class_name or "",
                subject=row.subject,
            )
        )
        about[row.account_id] = row
    shown = list(people)[:limit]
    holds = load_holds(connection, shown, now)
    parents = parents_of(connection, shown)
    return w.SchoolMembers(
        total=len(people),
        members=[_member(about[one], people[one], bool(holds.get(one)), parents.get(one, [])) for one in shown],
    )


def _member(row: Any, roles: list[w.SchoolMemberRole], held: bool, parents: list[Relative]) -> w.SchoolMember:
    # colleagues' birth dates are nobody's business; students' are the school's
    student = any(one.role == "student" for one in roles)
    return w.SchoolMember(
        account=wire_id(row.account_id),
        name=" ".join(filter(None, (row.last_name, row.first_name, row.patronymic))),
        birth_date=(row.birth_date or "") if student else "",
        roles=roles,
        held=held,
        parents=parents,
        first_name=row.first_name if student else "",
        last_name=row.last_name if student else "",
        patronymic=(row.patronymic or "") if student else "",
        gender=(row.gender or "") if student else "",
    )


def children_of(connection: Connection, parent: int) -> list[Relative]:
    """R-73: the children of a parent, the first confirmed first."""
    pc = t.parent_child.c
    rows = connection.execute(
        select(pc.child_id, pc.confirmed_ms).where(pc.parent_id == parent).order_by(pc.confirmed_ms, pc.child_id)
    ).all()
    names = names_of(connection, [row.child_id for row in rows])
    return [
        Relative(account=wire_id(row.child_id), name=names.get(row.child_id, ""), since=row.confirmed_ms)
        for row in rows
    ]


def parents_of(connection: Connection, children: list[int]) -> dict[int, list[Relative]]:
    """Parents of each child, the first one first."""
    pc = t.parent_child.c
    rows = connection.execute(
        select(pc.child_id, pc.parent_id, pc.confirmed_ms)
        .where(pc.child_id.in_(children))
        .order_by(pc.confirmed_ms, pc.parent_id)
    ).all()
    names = names_of(connection, {row.parent_id for row in rows})
    found: dict[int, list[Relative]] = defaultdict(list)
    for row in rows:
        found[row.child_id].append(
            Relative(account=wire_id(row.parent_id), name=names.get(row.parent_id, ""), since=row.confirmed_ms)
        )
    return found
