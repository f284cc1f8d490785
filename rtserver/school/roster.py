"""Import of a class list (E-16): name, birth date, class; Windows-1251 or UTF-8; a dry run; again means update.

Each pupil gets a row and a named invite for one use: its link and QR code are printed, an application that comes by it
or has the same name and birth date is marked as listed. No account is made: a pupil registers personally (R-6).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from rtserver.wire import desk as w
from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id

from .ages import check_birth_date, school_day
from .classes import add_class, class_name
from .duties import check_administers
from .journal import record
from .names import NAME_CHARS, clean_line, fold_name, person_name
from .people import standing_of
from .ports import Transaction
from .settings import DAY_MS, SchoolSettings

BATCH = 1_000
"""Rows of one statement: PostgreSQL takes 32,767 parameters."""
CELL_CHARS = 300
"""The longest cell that can mean something: three names of 80 characters."""
NAMED_DAYS = 60
"""A printed sheet is handed out at the start of a term and used within it."""
NAME_HEADS = ("фио", "ф.и.о.", "name", "ученик", "имя", "full name")
LAST_HEADS = ("фамилия", "last name", "surname")
FIRST_HEADS = ("имя", "first name")
PATRONYMIC_HEADS = ("отчество", "patronymic")
BORN_HEADS = ("дата рождения", "др", "birth date", "birthdate", "рождение")
CLASS_HEADS = ("класс", "class")


@dataclass(frozen=True, slots=True)
class ListLine:
    """One pupil as the file has it; ``code`` says what is wrong with the line."""

    line: int
    last: str = ""
    first: str = ""
    patronymic: str = ""
    born: str = ""
    klass: str = ""
    grade: int = 0
    code: str = ""


def decode_list(raw: bytes) -> tuple[str, str]:
    """Text and the name of its encoding. UTF-8 first: Russian Windows-1251 is practically never valid UTF-8."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return raw.decode(encoding).replace("\0", ""), "utf-8" if encoding == "utf-8-sig" else "windows-1251"
        except UnicodeDecodeError:
            continue
    raise AppError("list_unreadable")


def read_list(text: str, today: date, limit: int) -> Iterator[ListLine]:
    """Lines of the list. The separator is seen from the first line; columns are found by their titles, or are
    name, birth date, class in this order when there is no title.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(";\t,", key=first.count)
    if not first.count(separator):
        raise AppError("list_unreadable")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise AppError("list_unreadable") from None
    if len(rows) > limit + 1:
        raise AppError("list_too_long", limit=limit)
    columns: dict[str, int] | None = None
    for number, row in enumerate(rows, 1):
        cells = [clean_line(cell, CELL_CHARS) for cell in row]
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns is not None:
                continue
            columns = {"name": 0, "born": 1, "class": 2}
        yield _line(number, cells, columns, today)


def _columns(cells: list[str]) -> dict[str, int] | None:
    """Where each column stands, when this line has titles."""
    titles = [cell.casefold() for cell in cells]

    def at(heads: tuple[str, ...]) -> int | None:
        return next((i for i, title in enumerate(titles) if title in heads), None)

    born, klass, last, first = at(BORN_HEADS), at(CLASS_HEADS), at(LAST_HEADS), at(FIRST_HEADS)
    name = None if last is not None else at(NAME_HEADS)
    if born is None or klass is None or (name is None and (last is None or first is None)):
        return None
    found = {"born": born, "class": klass}
    if name is not None:
        return found | {"name": name}
    assert last is not None
    assert first is not None
    patronymic = at(PATRONYMIC_HEADS)
    return found | {"last": last, "first": first} | ({} if patronymic is None else {"patronymic": patronymic})


def _line(number: int, cells: list[str], columns: dict[str, int], today: date) -> ListLine:
    def cell(name: str) -> str:
        place = columns.get(name, -1)
        return cells[place] if 0 <= place < len(cells) else ""

    if "name" in columns:
        last, _, rest = cell("name").partition(" ")
        first, _, patronymic = rest.partition(" ")
    else:
        last, first, patronymic = cell("last"), cell("first"), cell("patronymic")
    try:
        if max(len(last), len(first), len(patronymic)) > NAME_CHARS:
            raise AppError("name_required")
        person_name(first, last, patronymic)
        born = birth_date(cell("born"), today)
        klass, grade = class_name(cell("class"))
    except AppError as refusal:
        return ListLine(number, last[:80], first[:80], patronymic[:80], klass=cell("class")[:16], code=refusal.code)
    return ListLine(number, last, first, patronymic, born, klass, grade)


def birth_date(text: str, today: date) -> str:
    """``31.12.2013``, ``31.12.13`` or ``2013-12-31``, as an ISO date."""
    found = re.match(r"\A(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})\Z", text)
    if found:
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        if year < 100:
            year += 2000 if 2000 + year <= today.year else 1900
        text = f"{year:04}-{month:02}-{day:02}"
    return check_birth_date(text, today)


class PupilList(NamedTuple):
    """A file as it was read."""

    encoding: str
    lines: list[ListLine]


def load_list(
    connection: Connection, actor: int, school: int, raw: bytes, settings: SchoolSettings, now: int
) -> PupilList:
    """Read the file by the school's day, before the writer is needed: 5,000 lines take half a second."""
    check_administers(standing_of(connection, actor), school)
    if len(raw) > settings.list_bytes:
        raise AppError("too_big")
    text, encoding = decode_list(raw)
    zone = connection.execute(select(t.school.c.time_zone).where(t.school.c.id == school)).scalar_one()
    return PupilList(encoding, list(read_list(text, school_day(now, zone), settings.list_lines)))


def import_list(tx: Transaction, actor: int, school: int, pupils: PupilList, *, dry_run: bool) -> w.Imported:
    """E-16: what each line comes to. A bad line keeps nobody else out; a dry run changes nothing."""
    check_administers(standing_of(tx.connection, actor), school)
    k, r = t.school_class.c, s.roster.c
    classes = {
        row.name: row.id
        for row in tx.connection.execute(select(k.id, k.name).where(k.school_id == school, k.archived_ms.is_(None)))
    }
    known = {
        (row.name_fold, row.birth_date): row
        for row in tx.connection.execute(select(s.roster).where(r.school_id == school))
    }
    by_name: dict[str, list[tuple[str, str]]] = {}
    for key in known:
        by_name.setdefault(key[0], []).append(key)
    told: list[w.ImportRow] = []
    seen: set[tuple[str, str]] = set()
    plan = _Plan()
    for one in pupils.lines:
        outcome: str = "bad"
        if not one.code:
            key = (fold_name(one.first, one.last), one.born)
            if key in seen:
                outcome = "same"
            else:
                outcome = _place(tx, actor, school, one, key, classes, known, by_name, plan, dry_run)
                seen.add(key)
        told.append(
            w.ImportRow(
                line=one.line,
                outcome=outcome,  # type: ignore[arg-type] # one of the four words
                name=" ".join(filter(None, (one.last, one.first, one.patronymic))),
                class_name=one.klass,
                code=one.code,
            )
        )
    counts = {word: sum(row.outcome == word for row in told) for word in ("added", "updated", "same", "bad")}
    if not dry_run:
        plan.write(tx.connection)
        detail = ", ".join(f"{word} {n}" for word, n in counts.items())
        record(tx.connection, tx.now, school, actor, "list.imported", detail=detail)
    return w.Imported(dry_run=dry_run, encoding=pupils.encoding, rows=told, **counts)


def _place(
    tx: Transaction,
    actor: int,
    school: int,
    one: ListLine,
    key: tuple[str, str],
    classes: dict[str, int],
    known: dict[tuple[str, str], Any],
    by_name: dict[str, list[tuple[str, str]]],
    plan: _Plan,
    dry_run: bool,
) -> str:
    """Add the pupil, or update the row of the same name: another class, a corrected birth date or patronymic."""
    row = known.get(key)
    if row is None and len(by_name.get(key[0], ())) == 1:
        row = known[by_name[key[0]][0]]  # one namesake in the list: the birth date was corrected
    klass = classes.get(one.klass)
    values = {
        "last_name": one.last,
        "first_name": one.first,
        "patronymic": one.patronymic,
        "name_fold": key[0],
        "birth_date": one.born,
    }
    if row is not None and klass == row.class_id and all(getattr(row, c) == v for c, v in values.items()):
        return "same"
    if dry_run:
        return "added" if row is None else "updated"
    if klass is None:
        klass = classes[one.klass] = add_class(tx, school, one.klass, one.grade)
    plan.place(school, actor, klass, None if row is None else int(row.id), values, tx.now)
    return "added" if row is None else "updated"


class _Plan:
    """Rows to write in bulk, once every line has been judged: a list of 5,000 pupils holds the writer for a moment."""

    def __init__(self) -> None:
        self._pupils: list[dict[str, Any]] = []
        self._invites: list[dict[str, Any]] = []
        self._updates: list[dict[str, Any]] = []

    def place(self, school: int, actor: int, klass: int, row: int | None, values: dict[str, str], now: int) -> None:
        """A new pupil with a named invite for one use (``row`` None), or what is new of an old one."""
        if row is not None:
            self._updates.append({"row": row, "klass": klass, "now": now, **values})
            return
        number = new_id(now)
        self._pupils.append({"id": number, "school_id": school, "class_id": klass, "updated_ms": now, **values})
        self._invites.append(
            {
                "id": new_id(now),
                "school_id": school,
                "class_id": klass,
                "role": "student",
                "roster_id": number,
                "created_by": actor,
                "created_ms": now,
                "expires_ms": now + NAMED_DAYS * DAY_MS,
                "uses": 1,
            }
        )

    def write(self, connection: Connection) -> None:
        r, i = s.roster.c, s.invite.c
        for start in range(0, len(self._pupils), BATCH):
            connection.execute(insert(s.roster), self._pupils[start : start + BATCH])
            connection.execute(insert(s.invite), self._invites[start : start + BATCH])
        if self._updates:
            names = ("last_name", "first_name", "patronymic", "name_fold", "birth_date")
            fresh: dict[str, Any] = {name: bindparam(name) for name in names}
            pupils = update(s.roster).where(r.id == bindparam("row"))
            connection.execute(
                pupils.values(**fresh, class_id=bindparam("klass"), updated_ms=bindparam("now")), self._updates
            )
            links = update(s.invite).where(i.roster_id == bindparam("row")).values(class_id=bindparam("klass"))
            connection.execute(links, [{"row": one["row"], "klass": one["klass"]} for one in self._updates])
