"""Loads what the access rules need, a bounded number of statements whatever the number of people. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, or_, select

from rtserver.wire.errors import AppError
from storage.tables import account, block, parent_child, school, school_role

from .access import Role, Standing, may_find, write_refusal


def load_standings(connection: Connection, accounts: Collection[int]) -> dict[int, Standing]:
    """Standings of accounts that exist and are open."""
    wanted = list(set(accounts))
    if not wanted:
        return {}
    alive = set(
        connection.execute(
            select(account.c.id).where(account.c.id.in_(wanted), account.c.closed_ms.is_(None))
        ).scalars()
    )
    children: dict[int, set[int]] = defaultdict(set)
    parents: dict[int, set[int]] = defaultdict(set)
    for parent, child in connection.execute(
        select(parent_child.c.parent_id, parent_child.c.child_id).where(
            or_(parent_child.c.parent_id.in_(wanted), parent_child.c.child_id.in_(wanted))
        )
    ):
        children[parent].add(child)
        parents[child].add(parent)
    with_children = alive | {child for one in alive for child in children[one]}
    roles: dict[int, list[Role]] = defaultdict(list)
    for who, role, school_id, class_id in connection.execute(
        select(school_role.c.account_id, school_role.c.role, school_role.c.school_id, school_role.c.class_id).where(
            school_role.c.account_id.in_(list(with_children)), school_role.c.until_ms.is_(None)
        )
    ):
        roles[who].append(Role(role, school_id, class_id))
    blocks: dict[int, set[int]] = defaultdict(set)
    for who, blocked in connection.execute(
        select(block.c.account_id, block.c.blocked_id).where(block.c.account_id.in_(wanted))
    ):
        blocks[who].add(blocked)
    return {
        one: Standing(
            one,
            tuple(roles[one]),
            frozenset(children[one]),
            frozenset(parents[one]),
            frozenset(r.klass for c in children[one] for r in roles[c] if r.role == "student" and r.klass is not None),
            frozenset(r.school for c in children[one] for r in roles[c] if r.school is not None),
            frozenset(blocks[one]),
        )
        for one in alive
    }


def open_schools(connection: Connection) -> frozenset[int]:
    """Schools whose students may find other classes (D17's setting)."""
    return frozenset(connection.execute(select(school.c.id).where(school.c.students_find_other_classes)).scalars())


def may_write(connection: Connection, actor: int, other: int) -> AppError | None:
    """The refusal of a direct message from ``actor`` to ``other``, or None (D17)."""
    standings = load_standings(connection, (actor, other))
    if actor not in standings or other not in standings:
        return AppError("person_unknown")
    code = write_refusal(standings[actor], standings[other], open_schools(connection))
    return AppError(code) if code else None


def findable(connection: Connection, actor: int, others: Collection[int]) -> set[int]:
    """Those of ``others`` whom ``actor`` may find."""
    standings = load_standings(connection, {actor, *others})
    if actor not in standings:
        return set()
    opened = open_schools(connection)
    return {o for o in others if o in standings and may_find(standings[actor], standings[o], opened)}


def contacts(connection: Connection, actor: int, names: Collection[str] = ()) -> list[int]:
    """Everybody whom ``actor`` may write to. Candidates are people of the own schools, children, parents.

    ``names`` are folded beginnings of parts of the name: only those whose folded name holds them all are considered.
    """
    mine = load_standings(connection, (actor,)).get(actor)
    if mine is None:
        return []
    schools = {r.school for r in mine.roles if r.school is not None} | mine.child_schools
    candidates = set(
        connection.execute(
            select(school_role.c.account_id).where(
                school_role.c.school_id.in_(list(schools)), school_role.c.until_ms.is_(None)
            )
        ).scalars()
    )
    candidates |= set(
        connection.execute(
            select(parent_child.c.parent_id).where(parent_child.c.child_id.in_(list(candidates)))
        ).scalars()
    )
    candidates |= mine.children | mine.parents
    candidates.discard(actor)
    if names:
        held = (account.c.name_fold.contains(name, autoescape=True) for name in names)
        candidates = set(connection.execute(select(account.c.id).where(account.c.id.in_(candidates), *held)).scalars())
    standings = load_standings(connection, candidates)
    opened = open_schools(connection)
    return [one for one, standing in standings.items() if write_refusal(mine, standing, opened) is None]
