"""Unicode tricks in names and one-line texts, at every door that keeps them, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage import tables as t
from storage.ids import wire_id
from tests.school_house import ADULT, CHILD, SchoolHouse

HIDDEN = "Ма\u202eш\u200bа\u2066\ufeff \x1b[31m\n"
"""Runs backwards, hides a letter's place, colours a terminal, breaks the line."""
PILED = "Ж" + "\u0301" * 60
LONG = "\u0958" * 80
"""80 letters that are 160 in NFC; columns of PostgreSQL have 80."""
SWOLLEN = "ΐ" * 80
"""80 letters whose folded form has 240."""


async def name_of(sh: SchoolHouse, account: int) -> tuple[str, str]:
    c = t.account.c
    row = await sh.database.read(lambda db: db.execute(select(c.first_name, c.last_name).where(c.id == account)).one())
    return row.first_name, row.last_name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(HIDDEN, "Маша [31m"), (PILED, "Ж\u0301\u0301"), (LONG, "\u0915\u093c" * 40), (SWOLLEN, SWOLLEN)],
)
async def test_names_are_kept_in_one_harmless_form(sh: SchoolHouse, typed: str, kept: str) -> None:
    """E-14: by the own profile, a parent's correction and the school's; readable by those who read them in lists."""
    admin = await sh.member("admin", born=ADULT)
    child = await sh.member("student", "7А", born=CHILD)
    mother = await sh.newcomer()
    await sh.confirm(mother, await sh.parent_link(child))
    await sh.post(child, "/api/profile", first_name=typed, last_name=typed)
    assert await name_of(sh, child) == (kept, kept)
    data = {"first_name": typed, "last_name": "Ким", "birth_date": CHILD}
    await sh.post(mother, f"/api/family/children/{child}", **data)
    assert await name_of(sh, child) == (kept, "Ким")
    path = f"/api/schools/{await sh.school_id()}/members"
    await sh.post(admin, f"{path}/{child}/data", **{**data, "last_name": typed})
    assert await name_of(sh, child) == (kept, kept)
    assert wire_id(child) in [one["account"] for one in (await sh.get(admin, path))["members"]]


@pytest.mark.parametrize("nothing", ["\u200b\u200b", "\u202e", " \u00a0 ", "12", "—", "\ufeff"])
async def test_a_name_has_a_letter(sh: SchoolHouse, nothing: str) -> None:
    """E-15: what looks empty is empty."""
    one = await sh.newcomer()
    assert await sh.denied(one, "POST", "/api/profile", first_name=nothing, last_name=nothing) == "name_required"


async def test_a_requests_words_command_no_terminal(sh: SchoolHouse) -> None:
    """R-52: the operator reads requests in a terminal; an applicant must not write into it, nor send invisible ones."""
    one = await sh.newcomer()
    ask = {"name": HIDDEN, "place": HIDDEN, "position": HIDDEN, "contact": HIDDEN, "number": HIDDEN}
    made = await sh.post(one, "/api/school-requests", **ask)
    assert {made[key] for key in ("name", "place", "position", "contact", "school_number")} == {"Маша [31m"}
    two = await sh.newcomer()
    for field in ("name", "position", "contact"):
        assert (
            await sh.denied(two, "POST", "/api/school-requests", **{**ask, field: "\u200b\u200b\u200b"})
            == "bad_request"
        )


async def test_the_schools_own_words(sh: SchoolHouse) -> None:
    """The school's name, a subject, a reason: one visible line each."""
    admin, one = await sh.member("admin", born=ADULT), await sh.newcomer()
    teacher = await sh.member("teacher", "7А", born=ADULT)
    school = await sh.school_id()
    role = {"role": "teacher", "class_id": await sh.class_id("7А"), "subject": HIDDEN}
    await sh.post(admin, f"/api/schools/{school}/members/{teacher}/roles", **role)
    application = await sh.apply(one, await sh.invite(admin, "7А"))
    await sh.decide(admin, application, approve=False, reason=HIDDEN)
    assert [a["reason"] for a in (await sh.get(one, "/api/applications"))["applications"]] == ["Маша [31m"]
    assert "Маша [31m" in str((await sh.get(admin, f"/api/schools/{school}/members?role=teacher"))["members"])
    assert (await sh.post(admin, f"/api/schools/{school}", name=HIDDEN))["school_name"] == "Маша [31m"


async def test_a_list_with_odd_cells_is_imported(sh: SchoolHouse) -> None:
    """E-16: a cell of a spreadsheet may hold anything; each line is placed or named as bad, none breaks the import."""
    admin = await sh.member("admin", born=ADULT)
    lines = [
        f"{HIDDEN.strip()} Петров;01.02.2013;7А",
        f"{SWOLLEN} {SWOLLEN};01.02.2013;7А",
        f"{LONG} {LONG};01.02.2013;7А",
        "\u200b \u200b;01.02.2013;7А",
        "=cmd() Петров;01.02.2013;7А",
    ]
    status, told = await sh.http(
        admin,
        "POST",
        f"/api/schools/{await sh.school_id()}/list?dry_run=0",
        data=("ФИО;Дата рождения;Класс\n" + "\n".join(lines)).encode(),
    )
    assert status == 200
    assert [row["outcome"] for row in told["rows"]] == ["added", "added", "bad", "bad", "added"]
