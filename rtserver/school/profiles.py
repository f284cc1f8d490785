"""Own and other people's profiles (R-66, R-78…R-80, E-14): only what the viewer may see, by ``duties``."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from rtserver.wire import family as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import Relative
from storage import tables as t
from storage.ids import parse_id, wire_id

from .access import may_find, write_refusal
from .ages import DEFAULT_ZONE, check_birth_date, is_adult, school_day
from .applications import own_applications
from .duties import readable_fields
from .families import child_cards
from .hold import check_entry
from .names import person_name
from .people import avatars_of, full_name, names_of, places_of, short_name, standing_of
from .ports import Transaction
from .relations import load_standings, open_schools
from .roll import parents_of

a = t.account.c


def roles_in_words(connection: Connection, account: int) -> list[str]:
    """The account's roles, once each; a parent is one by the children."""
    r = t.school_role.c
    roles = list(
        dict.fromkeys(
            connection.execute(
                select(r.role).where(r.account_id == account, r.until_ms.is_(None)).order_by(r.since_ms, r.id)
            ).scalars()
        )
    )
    pc = t.parent_child.c
    if "parent" not in roles and connection.execute(select(pc.child_id).where(pc.parent_id == account)).first():
        roles.append("parent")
    return roles


def load_own_profile(connection: Connection, actor: int, now: int) -> w.OwnProfile:
    """S19, Main information. A held child sees it too: the parent's link stands there (R-57)."""
    row = connection.execute(select(t.account).where(a.id == actor)).one()
    children = connection.execute(
        select(t.parent_child.c.child_id).where(t.parent_child.c.parent_id == actor)
    ).scalars()
    return w.OwnProfile(
        account=wire_id(actor),
        first_name=row.first_name,
        last_name=row.last_name,
        patronymic=row.patronymic,
        gender=row.gender,
        birth_date=row.birth_date or "",
        avatar=avatars_of(connection, [actor]).get(actor, ""),
        places=places_of(connection, [actor]).get(actor, []),
        roles=roles_in_words(connection, actor),  # type: ignore[arg-type] # the column holds SchoolRole alone
        children=child_cards(connection, list(children), now, actor),
        parents=parents_of(connection, [actor]).get(actor, []),
        applications=own_applications(connection, actor),
        can_edit_birth_date=may_edit_birth_date(connection, actor, row.birth_date, now),
    )


def may_edit_birth_date(connection: Connection, account: int, birth_date: str | None, now: int) -> bool:
    """An adult corrects the own date; a child's is the parents' and the school's, or the hold would mean nothing."""
    if birth_date is None:
        return True
    studies = any(role.role == "student" for role in standing_of(connection, account).roles)
    return is_adult(birth_date, school_day(now, DEFAULT_ZONE)) and not studies


def edit_own_profile(tx: Transaction, actor: int, edit: w.ProfileEdit) -> w.OwnProfile:
    """R-79 «Редактировать». A new date must leave an adult an adult: nobody becomes a child afterwards."""
    row = tx.connection.execute(select(t.account).where(a.id == actor)).one()
    name = person_name(edit.first_name, edit.last_name, edit.patronymic)
    birth_date = row.birth_date
    if edit.birth_date is not None and edit.birth_date != birth_date:
        today = school_day(tx.now, DEFAULT_ZONE)
        birth_date_new = check_birth_date(edit.birth_date, today)
        if not may_edit_birth_date(tx.connection, actor, birth_date, tx.now):
            raise AppError("birth_date_locked")
        if birth_date is not None and not is_adult(birth_date_new, today):
            raise AppError("birth_date_locked")
        birth_date = birth_date_new
    tx.connection.execute(
        update(t.account)
        .where(a.id == actor)
        .values(
            first_name=name.first,
            last_name=name.last,
            patronymic=name.patronymic,
            name_fold=name.fold,
            gender=edit.gender,
            birth_date=birth_date,
        )
    )
    return load_own_profile(tx.connection, actor, tx.now)


def load_person(connection: Connection, actor: int, person: str, now: int) -> w.PersonProfile:
    """``/u/:id``: ``person_unknown`` alike for nobody, for the closed and for those one may not find (E-14)."""
    check_entry(connection, actor, now)
    number = parse_id(person)
    pair = load_standings(connection, (actor, number))
    opened = open_schools(connection)
    viewer, other = pair.get(actor), pair.get(number)
    if viewer is None or other is None:
        raise AppError("person_unknown")
    fields = readable_fields(viewer, other, opened)
    if not fields:
        raise AppError("person_unknown")
    row = connection.execute(select(t.account).where(a.id == number)).one()
    places = [
        place
        for place in places_of(connection, [number]).get(number, [])
        if parse_id(place.school) in {r.school for r in viewer.roles} | viewer.child_schools or viewer is other
    ]
    parents: list[Relative] = parents_of(connection, [number]).get(number, []) if "parents" in fields else []
    children: list[Relative] = []
    if "children" in fields:
        shown = load_standings(connection, other.children)
        visible = [c for c, standing in shown.items() if viewer is other or may_find(viewer, standing, opened)]
        names = names_of(connection, visible)
        children = [Relative(account=wire_id(c), name=names[c]) for c in sorted(visible)]
    refusal = write_refusal(viewer, other, opened)
    return w.PersonProfile(
        account=wire_id(number),
        name=full_name(row.first_name, row.last_name),
        short_name=short_name(row.first_name, row.last_name),
        avatar=avatars_of(connection, [number]).get(number, ""),
        places=places,
        roles=list(dict.fromkeys(place.role for place in places)) or (["parent"] if other.children else []),
        birth_date=(row.birth_date or "") if "birth_date" in fields else "",
        parents=parents,
        children=children,
        can_write=refusal is None,
        can_call=refusal is None,
        can_block=viewer is not other,
        blocked=number in viewer.blocks,
    )
