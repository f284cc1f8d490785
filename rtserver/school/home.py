"""Home (R-83) and the groups of Contacts (R-67): the relation «my classes» of D18. Changes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import Connection, select

from rtserver.wire import family as w
from storage import tables as t
from storage.ids import parse_id, wire_id

from .access import ADMIN, STAFF, STUDENT, TEACHERS, Standing, write_refusal
from .applications import waiting_count
from .duties import administers, led_classes
from .families import child_cards
from .hold import check_entry
from .people import avatars_of, names_of, places_of, short_name, standing_of
from .profiles import roles_in_words
from .relations import contacts, load_standings, open_schools

GROUPS: dict[str, tuple[str, str]] = {
    "family": ("Семья", "Family"),
    "child_teachers": ("Учителя ребёнка", "The child's teachers"),
    "teachers": ("Учителя", "Teachers"),
    "classmates": ("Класс", "Class"),
    "students": ("Ученики", "Students"),
    "parents": ("Родители", "Parents"),
    "colleagues": ("Коллеги", "Colleagues"),
    "administrators": ("Администраторы", "Administrators"),
}
"""In the order they are shown."""


def load_home(connection: Connection, actor: int, now: int) -> w.Home:
    """R-83: the classes one studies in or teaches, an administrator's whole school, with their number."""
    check_entry(connection, actor, now)
    who = standing_of(connection, actor)
    r, k = t.school_role.c, t.school_class.c
    teaches: dict[int, list[str]] = defaultdict(list)
    mine: set[int] = set()
    for row in connection.execute(
        select(r.class_id, r.role, r.subject).where(
            r.account_id == actor, r.class_id.is_not(None), r.until_ms.is_(None)
        )
    ):
        mine.add(row.class_id)
        if row.role in TEACHERS:
            teaches[row.class_id].append(row.subject)
    admin_of = [role.school for role in who.roles if role.role in ADMIN]
    rows = connection.execute(
        select(k.id, k.name, k.school_id, k.chat_id, t.school.c.name.label("school_name"))
        .join(t.school, t.school.c.id == k.school_id)
        .where(k.archived_ms.is_(None), k.id.in_(sorted(mine)) | k.school_id.in_(admin_of))
        .order_by(k.id.not_in(sorted(mine)), k.grade, k.name)
    ).all()
    students: Counter[int] = Counter(
        connection.execute(
            select(r.class_id).where(
                r.class_id.in_([row.id for row in rows]), r.role == "student", r.until_ms.is_(None)
            )
        ).scalars()
    )
    schools = {role.school for role in who.roles if role.school is not None}
    attention = 0
    for school in schools:
        led = led_classes(who, school)
        if administers(who, school):
            attention += waiting_count(connection, school, None)
        elif led:
            attention += waiting_count(connection, school, sorted(led))
    return w.Home(
        name=names_of(connection, [actor]).get(actor, ""),
        roles=roles_in_words(connection, actor),  # type: ignore[arg-type] # the column holds SchoolRole alone
        classes=[
            w.HomeClass(
                id=wire_id(row.id),
                name=row.name,
                school=wire_id(row.school_id),
                school_name=row.school_name,
                # an administrator who neither teaches nor studies there is not in the chat (D17)
                chat=wire_id(row.chat_id) if row.chat_id is not None and row.id in mine else None,
                students=students[row.id],
                teach=row.id in teaches,
                subject=", ".join(sorted(filter(None, teaches.get(row.id, ())))),
            )
            for row in rows
        ],
        classes_total=len(rows),
        children=child_cards(connection, sorted(who.children), now, actor),
        attention=attention,
        schools=len(schools),
    )


def group_of(me: Standing, other: Standing) -> str:
    """Which group of the asker's contacts somebody stands in: the nearest relation first."""
    if other.account in me.children or other.account in me.parents:
        return "family"
    own_classes = {r.klass for r in me.roles if r.klass is not None}
    their_classes = {r.klass for r in other.roles if r.role in TEACHERS and r.klass is not None}
    if their_classes & me.child_classes:
        return "child_teachers"
    studies = {r.klass for r in me.roles if r.role in STUDENT}
    if their_classes & studies:
        return "teachers"
    they_study = {r.klass for r in other.roles if r.role in STUDENT}
    if they_study & studies:
        return "classmates"
    i_am_staff = any(r.role in STAFF for r in me.roles)
    if i_am_staff and any(r.role in STAFF for r in other.roles):
        return "colleagues"
    if they_study:
        return "students" if i_am_staff or they_study & own_classes else "classmates"
    if any(r.role in ADMIN for r in other.roles):
        return "administrators"
    return "parents" if other.children else "colleagues"


def load_contacts(connection: Connection, actor: int, now: int) -> w.Contacts:
    """R-67: everybody one may write to, by what they are to the asker. Blocked people stand in the blacklist."""
    check_entry(connection, actor, now)
    me = standing_of(connection, actor)
    people = contacts(connection, actor)
    standings = load_standings(connection, people)
    opened = open_schools(connection)
    names = names_of(connection, people)
    avatars = avatars_of(connection, people)
    places = places_of(connection, people)
    a = t.account.c
    first_last = {
        row.id: (row.first_name, row.last_name)
        for row in connection.execute(select(a.id, a.first_name, a.last_name).where(a.id.in_(people)))
    }
    near = {r.klass for r in me.roles if r.klass is not None} | me.child_classes
    groups: dict[str, list[w.Contact]] = defaultdict(list)
    for one in sorted(people, key=lambda p: names.get(p, "")):
        theirs = places.get(one, [])
        close = [p for p in theirs if p.class_id is not None and parse_id(p.class_id) in near]
        about = list(dict.fromkeys(p.subject or p.class_name for p in close or theirs))
        groups[group_of(me, standings[one])].append(
            w.Contact(
                account=wire_id(one),
                name=names.get(one, ""),
                short_name=short_name(*first_last[one]),
                avatar=avatars.get(one, ""),
                about=", ".join(filter(None, about))[:120],
                can_write=write_refusal(me, standings[one], opened) is None,
            )
        )
    return w.Contacts(
        groups=[
            w.ContactGroup(key=key, title=ru, title_en=en, contacts=groups[key])
            for key, (ru, en) in GROUPS.items()
            if groups.get(key)
        ]
    )
