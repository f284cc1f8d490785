"""A school asks to be registered (R-51, R-52) and the platform's operator decides. The applicant becomes the first
administrator (D10).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from rtserver.wire import school as w
from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .ages import DEFAULT_ZONE
from .applications import lock_account
from .hold import check_entry
from .journal import record
from .members import enter_school
from .names import clean_line
from .people import names_of
from .places import Places
from .ports import Transaction

q = s.school_request.c


def ask_for_school(tx: Transaction, actor: int, ask: w.SchoolRequestMake, places: Places) -> w.SchoolRequest:
    """S13: the request and its number. One waiting request for each person; a child cannot ask."""
    check_entry(tx.connection, actor, tx.now)
    lock_account(tx, actor)
    waiting = tx.connection.execute(select(q.number).where(q.applicant_id == actor, q.status == "waiting")).scalar()
    if waiting is not None:
        raise AppError("request_exists", number=waiting)
    name, place = clean_line(ask.name, 160), clean_line(ask.place, 200)
    number_of_school, position = clean_line(ask.number, 40), clean_line(ask.position, 80)
    contact = clean_line(ask.contact, 160)
    locality: int | None = None
    if ask.locality is not None:
        found = places.get(parse_id(ask.locality))
        if found is None:
            raise AppError("locality_unknown")
        locality, place = found.id, found.words
    for field, text in (("name", name), ("place", place), ("position", position), ("contact", contact)):
        if not text:
            raise AppError("bad_request", detail=field)
    # numbers are people's: short and in order. Two at once: the second one's insert fails and is asked again
    number = 1 + (tx.connection.execute(select(func.max(q.number))).scalar() or 1_000)
    tx.connection.execute(
        insert(s.school_request).values(
            number=number,
            applicant_id=actor,
            name=name,
            country=ask.country,
            locality_id=locality,
            place=place,
            school_number=number_of_school,
            position=position,
            contact=contact,
            status="waiting",
            created_ms=tx.now,
        )
    )
    return own_requests(tx.connection, actor).requests[0]


def own_requests(connection: Connection, actor: int) -> w.SchoolRequests:
    rows = connection.execute(
        select(s.school_request).where(q.applicant_id == actor).order_by(q.number.desc()).limit(50)
    )
    return w.SchoolRequests(requests=[_wire(row, "") for row in rows])


def load_requests(connection: Connection, status: str) -> w.SchoolRequests:
    """For the operator: whose, where, and how to reach them."""
    query = select(s.school_request).order_by(q.number).limit(500)
    if status:
        query = query.where(q.status == status)
    rows = connection.execute(query).all()
    names = names_of(connection, {row.applicant_id for row in rows})
    return w.SchoolRequests(requests=[_wire(row, names.get(row.applicant_id, "")) for row in rows])


def _waiting(tx: Transaction, number: int) -> Any:
    row = tx.connection.execute(select(s.school_request).where(q.number == number).with_for_update()).first()
    if row is None:
        raise AppError("request_unknown")
    if row.status != "waiting":
        raise AppError("request_decided")
    return row


def approve_request(tx: Transaction, number: int, places: Places) -> w.SchoolRequest:
    """The school exists from now on, and the applicant administers it. A place that no list knew becomes a locality."""
    row = _waiting(tx, number)
    locality, zone = row.locality_id, ""
    if locality is None:
        locality, zone = places.resolve(tx.connection, row.place, row.country, tx.now)
    else:
        found = places.get(locality)
        zone = found.time_zone if found else ""
    school = new_id(tx.now)
    tx.connection.execute(
        insert(t.school).values(
            id=school,
            name=row.name,
            time_zone=zone or DEFAULT_ZONE,
            created_ms=tx.now,
            locality_id=locality,
            place=row.place,
        )
    )
    tx.connection.execute(
        update(s.school_request)
        .where(q.number == number)
        .values(status="approved", school_id=school, decided_ms=tx.now)
    )
    enter_school(tx, row.applicant_id, school, "admin", None, "")
    record(tx.connection, tx.now, school, None, "school.approved", target=row.applicant_id, detail=row.name)
    return _wire(tx.connection.execute(select(s.school_request).where(q.number == number)).one(), "")


def refuse_request(tx: Transaction, number: int, reason: str) -> w.SchoolRequest:
    _waiting(tx, number)
    tx.connection.execute(
        update(s.school_request)
        .where(q.number == number)
        .values(status="refused", reason=clean_line(reason, 300), decided_ms=tx.now)
    )
    return _wire(tx.connection.execute(select(s.school_request).where(q.number == number)).one(), "")


def schools_of(connection: Connection, locality: int) -> w.SchoolList:
    """R-48: organisations registered in exactly that place; R-51 says what to do when the own is missing."""
    rows = connection.execute(
        select(t.school.c.id, t.school.c.name, t.school.c.place)
        .where(t.school.c.locality_id == locality)
        .order_by(t.school.c.name)
    )
    return w.SchoolList(
        schools=[w.SchoolCard(id=wire_id(row.id), name=row.name, locality=row.place) for row in rows],
        missing="Если вашей школы нет в списке, она ещё не зарегистрирована. "
        "Заявку подаёт классный руководитель или директор",
        missing_en="A school that is not in the list is not registered yet. The class teacher or head applies for it",
    )


def _wire(row: Any, applicant: str) -> w.SchoolRequest:
    return w.SchoolRequest(
        number=row.number,
        name=row.name,
        place=row.place,
        status=row.status,
        reason=row.reason,
        created=row.created_ms,
        position=row.position,
        contact=row.contact,
        school_number=row.school_number,
        applicant=wire_id(row.applicant_id),
        applicant_name=applicant,
        school=None if row.school_id is None else wire_id(row.school_id),
    )
