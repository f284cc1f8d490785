"""Parents and children: the child's link, what a parent sees, confirms, edits and withdraws (R-56…R-76, D6, D16).

A parent is nobody's member: no school role, no class, no chat of the child comes of it (R-68). Two parents at most.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from rtserver.wire import family as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import Ok
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .ages import DEFAULT_ZONE, check_birth_date, is_adult, school_day
from .applications import lock_account
from .consent import CURRENT, consent_text, text_hash
from .duties import check_administers
from .hold import load_holds
from .journal import record
from .links import Link, LinkKey
from .names import person_name
from .people import full_name, names_of, places_of, short_name, standing_of
from .ports import Telling, Transaction
from .roll import parents_of
from .settings import SchoolSettings

pc = t.parent_child.c
a = t.account.c


def parents_count(connection: Connection, child: int) -> int:
    return len(connection.execute(select(pc.parent_id).where(pc.child_id == child)).all())


def own_link(tx: Transaction, actor: int, key: LinkKey, settings: SchoolSettings, *, renew: bool) -> w.ParentLink:
    """R-57, R-75: the child's link, made when missing or over; ``renew`` makes the earlier one dead (D16).

    An adult without a student's role is no child: ``child_unknown``.
    """
    lock_account(tx, actor)
    birth_date = tx.connection.execute(select(a.birth_date).where(a.id == actor)).scalar()
    studies = any(role.role == "student" for role in standing_of(tx.connection, actor).roles)
    if not studies and is_adult(birth_date, school_day(tx.now, DEFAULT_ZONE)):
        raise AppError("child_unknown")
    parents = parents_count(tx.connection, actor)
    if parents >= settings.parents_max:
        raise AppError("parents_full")
    c = s.parent_link.c
    row = tx.connection.execute(select(s.parent_link).where(c.child_id == actor)).first()
    if row is None or renew or row.expires_ms <= tx.now:
        serial = 1 if row is None else row.serial + 1
        values = {"serial": serial, "created_ms": tx.now, "expires_ms": tx.now + settings.parent_link_ms}
        if row is None:
            tx.connection.execute(insert(s.parent_link).values(child_id=actor, **values))
        else:
            tx.connection.execute(update(s.parent_link).where(c.child_id == actor).values(**values))
        row = tx.connection.execute(select(s.parent_link).where(c.child_id == actor)).one()
    return w.ParentLink(
        url=settings.url + key.path(Link("parent", actor, row.serial)),
        expires=row.expires_ms,
        parents=parents,
        parents_max=settings.parents_max,
    )


def child_of_link(
    connection: Connection, link: Link, viewer: int | None, now: int, settings: SchoolSettings
) -> Row[Any]:
    """The child's row while the link works for this viewer; the reason otherwise (R-69, R-71, E-15).

    The child's own session is told so first, whatever else is wrong: its remedies are another browser (R-70).
    """
    row = connection.execute(select(t.account).where(a.id == link.id, a.closed_ms.is_(None))).first()
    stored = connection.execute(select(s.parent_link).where(s.parent_link.c.child_id == link.id)).first()
    if row is None or stored is None:
        raise AppError("parent_link_expired")
    if viewer == row.id:
        raise AppError("self_parent")
    if viewer is not None and _is_parent(connection, viewer, row.id):
        return row  # a parent comes back to the link: nothing to refuse
    if parents_count(connection, row.id) >= settings.parents_max:
        raise AppError("parents_full")
    if stored.serial != link.serial or stored.expires_ms <= now:
        raise AppError("parent_link_expired")
    return row


def _is_parent(connection: Connection, parent: int, child: int) -> bool:
    return (
        connection.execute(select(pc.parent_id).where(pc.parent_id == parent, pc.child_id == child)).first() is not None
    )


def check_link(
    connection: Connection, link: Link, viewer: int | None, now: int, settings: SchoolSettings
) -> w.ParentLinkCheck:
    """S15, before log-in: the child's first name and initial, nothing more."""
    row = child_of_link(connection, link, viewer, now, settings)
    stored = connection.execute(select(s.parent_link).where(s.parent_link.c.child_id == link.id)).one()
    kind: Any = "nobody" if viewer is None else "parent" if _is_parent(connection, viewer, row.id) else "other"
    return w.ParentLinkCheck(
        child_name=short_name(row.first_name, row.last_name), expires=stored.expires_ms, viewer=kind
    )


def load_child(connection: Connection, actor: int, link: Link, now: int, settings: SchoolSettings) -> w.ChildData:
    """R-63: the five prefilled fields, for an adult who is logged in."""
    row = child_of_link(connection, link, actor, now, settings)
    check_parent(connection, actor, now)
    return child_data(row, settings.brand)


def child_data(row: Any, brand: str) -> w.ChildData:
    text = consent_text(CURRENT, brand)
    return w.ChildData(
        child=wire_id(row.id),
        first_name=row.first_name,
        last_name=row.last_name,
        patronymic=row.patronymic,
        gender=row.gender,
        birth_date=row.birth_date or "",
        consent_version=CURRENT,
        consent_text=text.ru,
        consent_text_en=text.en,
    )


def check_parent(connection: Connection, actor: int, now: int) -> None:
    """D16: a parent is an adult, by the birth date in the own profile, and no pupil of any school."""
    birth_date = connection.execute(select(a.birth_date).where(a.id == actor)).scalar()
    if birth_date is None:
        raise AppError("parent_birth_date_needed")
    if not is_adult(birth_date, school_day(now, DEFAULT_ZONE)):
        raise AppError("parent_too_young")


def confirm_child(
    tx: Transaction, actor: int, link: Link, confirm: w.ChildConfirm, settings: SchoolSettings
) -> w.ChildCard:
    """R-64…R-66: edits saved to the child, consent kept by version, the parent attached; both are told (D16).

    The child's row is locked: of two parents who press at the same time with one place left, one gets it.
    """
    lock_account(tx, link.id)
    row = child_of_link(tx.connection, link, actor, tx.now, settings)
    check_parent(tx.connection, actor, tx.now)
    if not confirm.consent:
        raise AppError("consent_required")
    if confirm.consent_version != CURRENT:
        raise AppError("consent_outdated")
    if confirm.child is not None:
        edit_person(tx, row.id, confirm.child)
    before = load_holds(tx.connection, (row.id,), tx.now)[row.id]
    attached = not _is_parent(tx.connection, actor, row.id)
    others = list(tx.connection.execute(select(pc.parent_id).where(pc.child_id == row.id)).scalars())
    if attached:
        tx.connection.execute(insert(t.parent_child).values(parent_id=actor, child_id=row.id, confirmed_ms=tx.now))
    give_consent(tx, actor, row.id, settings.brand)
    tell_family(tx, "attached" if attached else "consent_given", row.id, actor, [row.id, *others])
    tell_entry(tx, row.id, actor, was_held=bool(before))
    return child_cards(tx.connection, [row.id], tx.now, actor)[0]


def give_consent(tx: Transaction, parent: int, child: int, brand: str) -> None:
    """One consent in force for each parent and child; an earlier one in force is kept as it is."""
    c = s.consent.c
    standing = tx.connection.execute(
        select(c.id).where(c.child_id == child, c.parent_id == parent, c.withdrawn_ms.is_(None), c.version == CURRENT)
    ).first()
    if standing is None:
        tx.connection.execute(
            insert(s.consent).values(
                id=new_id(tx.now),
                child_id=child,
                parent_id=parent,
                version=CURRENT,
                text_sha256=text_hash(CURRENT, brand),
                given_ms=tx.now,
            )
        )


def edit_person(tx: Transaction, account: int, edit: w.ChildEdit) -> None:
    """Names in one form, a date that can be: ``name_required``, ``dob_invalid``, ``dob_future``."""
    name = person_name(edit.first_name, edit.last_name, edit.patronymic)
    tx.connection.execute(
        update(t.account)
        .where(a.id == account)
        .values(
            first_name=name.first,
            last_name=name.last,
            patronymic=name.patronymic,
            name_fold=name.fold,
            gender=edit.gender,
            birth_date=check_birth_date(edit.birth_date, school_day(tx.now, DEFAULT_ZONE)),
        )
    )


def own_child(tx: Transaction, actor: int, child: str) -> int:
    number = parse_id(child)
    if not _is_parent(tx.connection, actor, number):
        raise AppError("child_unknown")
    lock_account(tx, number)
    return number


def load_own_child(connection: Connection, actor: int, child: str, brand: str) -> w.ChildData:
    """R-63 again, for a parent who is attached."""
    number = parse_id(child)
    if not _is_parent(connection, actor, number):
        raise AppError("child_unknown")
    return child_data(connection.execute(select(t.account).where(a.id == number)).one(), brand)


def edit_child(tx: Transaction, actor: int, child: str, edit: w.ChildEdit) -> w.ChildCard:
    """R-64: a confirmed parent goes on correcting the child's data."""
    number = own_child(tx, actor, child)
    before = load_holds(tx.connection, (number,), tx.now)[number]
    edit_person(tx, number, edit)
    tell_entry(tx, number, actor, was_held=bool(before))
    return child_cards(tx.connection, [number], tx.now, actor)[0]


def withdraw_consent(tx: Transaction, actor: int, child: str) -> w.ChildCard:
    """D16: the child's entry is suspended at once; its open connections are cut."""
    number = own_child(tx, actor, child)
    before = load_holds(tx.connection, (number,), tx.now)[number]
    c = s.consent.c
    changed = tx.connection.execute(
        update(s.consent)
        .where(c.child_id == number, c.parent_id == actor, c.withdrawn_ms.is_(None))
        .values(withdrawn_ms=tx.now)
    ).rowcount
    if not changed:  # attached before consents had texts: the withdrawal itself is kept
        tx.connection.execute(
            insert(s.consent).values(
                id=new_id(tx.now),
                child_id=number,
                parent_id=actor,
                version="",
                text_sha256=bytes(32),
                given_ms=0,
                withdrawn_ms=tx.now,
            )
        )
    others = list(tx.connection.execute(select(pc.parent_id).where(pc.child_id == number)).scalars())
    tell_family(tx, "consent_withdrawn", number, actor, [number, *(p for p in others if p != actor)])
    tell_entry(tx, number, actor, was_held=bool(before))
    _record_for_schools(tx, actor, number, "consent.withdrawn")
    return child_cards(tx.connection, [number], tx.now, actor)[0]


def renew_consent(
    tx: Transaction, actor: int, child: str, confirm: w.ChildConfirm, settings: SchoolSettings
) -> w.ChildCard:
    """Given again by the parent who withdrew it."""
    number = own_child(tx, actor, child)
    if not confirm.consent:
        raise AppError("consent_required")
    if confirm.consent_version != CURRENT:
        raise AppError("consent_outdated")
    before = load_holds(tx.connection, (number,), tx.now)[number]
    give_consent(tx, actor, number, settings.brand)
    tell_family(tx, "consent_given", number, actor, [number])
    tell_entry(tx, number, actor, was_held=bool(before))
    return child_cards(tx.connection, [number], tx.now, actor)[0]


def detach_parent(tx: Transaction, actor: int, school: int, child: str, parent: str) -> Ok:
    """D16: an administrator of the child's school detaches a parent; the journal keeps it."""
    check_administers(standing_of(tx.connection, actor), school)
    number, other = parse_id(child), parse_id(parent)
    r = t.school_role.c
    studies = tx.connection.execute(
        select(r.id).where(r.account_id == number, r.school_id == school, r.role == "student", r.until_ms.is_(None))
    ).first()
    if studies is None or not _is_parent(tx.connection, other, number):
        raise AppError("person_unknown")
    lock_account(tx, number)
    before = load_holds(tx.connection, (number,), tx.now)[number]
    others = list(tx.connection.execute(select(pc.parent_id).where(pc.child_id == number)).scalars())
    tx.connection.execute(delete(t.parent_child).where(pc.parent_id == other, pc.child_id == number))
    record(tx.connection, tx.now, school, actor, "parent.detached", target=number, detail=f"parent {wire_id(other)}")
    tell_family(tx, "detached", number, other, [number, *others])
    tell_entry(tx, number, other, was_held=bool(before))
    return Ok()


def child_cards(connection: Connection, children: list[int], now: int, parent: int | None) -> list[w.ChildCard]:
    """R-66: name, class and school of each; ``consented`` is about this parent."""
    names = names_of(connection, children)
    places = places_of(connection, children)
    holds = load_holds(connection, children, now)
    c = s.consent.c
    given: set[int] = set()
    over: set[int] = set()
    for row in connection.execute(select(c.child_id, c.withdrawn_ms).where(c.parent_id == parent)):
        (given if row.withdrawn_ms is None else over).add(row.child_id)
    return [
        w.ChildCard(
            account=wire_id(one),
            name=names.get(one, ""),
            places=[p for p in places.get(one, []) if p.role == "student"],
            held=bool(holds.get(one)),
            consented=one in given or one not in over,
        )
        for one in children
    ]


def load_family(connection: Connection, actor: int, now: int, settings: SchoolSettings) -> w.Family:
    """R-73: all children of a parent, whatever their schools; all parents of a child."""
    children = list(
        connection.execute(select(pc.child_id).where(pc.parent_id == actor).order_by(pc.confirmed_ms)).scalars()
    )
    parents = parents_of(connection, [actor]).get(actor, [])
    return w.Family(
        children=child_cards(connection, children, now, actor),
        parents=parents,
        can_invite=len(parents) < settings.parents_max,
    )


def tell_family(tx: Telling, change: Any, child: int, parent: int, whom: list[int]) -> None:
    """One event to each of ``whom``."""
    name = names_of(tx.connection, [parent]).get(parent, "")
    for account in sorted(set(whom)):  # one order of locks, whoever tells whom
        tx.append_account(
            account,
            lambda seq, at: w.FamilyChanged(
                seq=seq, ts=at, change=change, child=wire_id(child), parent=wire_id(parent), parent_name=name
            ),
        )


def tell_entry(tx: Telling, child: int, by: int, *, was_held: bool) -> None:
    """Tell the child when its entry opened or closed by what was done; nothing otherwise."""
    held = bool(load_holds(tx.connection, (child,), tx.now)[child])
    if held != was_held:
        row = tx.connection.execute(select(a.first_name, a.last_name).where(a.id == by)).one()
        name = full_name(row.first_name, row.last_name)
        tx.append_account(child, lambda seq, at: w.EntryChanged(seq=seq, ts=at, held=held, by_name=name))


def _record_for_schools(tx: Transaction, actor: int, child: int, action: str) -> None:
    r = t.school_role.c
    schools = tx.connection.execute(
        select(r.school_id).where(r.account_id == child, r.role == "student", r.until_ms.is_(None)).distinct()
    ).scalars()
    for school in list(schools):
        record(tx.connection, tx.now, school, actor, action, target=child)
