"""Ages, links, class names, lists, the search over places: pure rules on literal data."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtserver.school.ages import age_on, check_birth_date, needs_parent, school_day
from rtserver.school.classes import class_name, next_name
from rtserver.school.classifier import read_places
from rtserver.school.consent import CURRENT, TEXTS
from rtserver.school.export import write_csv
from rtserver.school.gazetteer import Gazetteer, edit_distance
from rtserver.school.hold import Consents, decide_hold
from rtserver.school.links import Link, LinkKey
from rtserver.school.placenames import read_place
from rtserver.school.places import COUNTRIES, shipped
from rtserver.school.roster import birth_date, decode_list, read_list
from rtserver.school.sheet import sheet_page
from rtserver.wire.errors import AppError
from rtserver.wire.school import Invite

KEY = LinkKey(bytes(32))
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def russia() -> Gazetteer:
    return Gazetteer(shipped())


def code_of(work: object, *arguments: object) -> str:
    with pytest.raises(AppError) as refused:
        work(*arguments)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2012-11-24", "2026-11-24", 14),
        ("2012-11-25", "2026-11-24", 13),
        ("2012-02-29", "2026-02-28", 13),
        ("2012-02-29", "2026-03-01", 14),
        ("2012-12-31", "2026-01-01", 13),
    ],
)
def test_ages(born: str, day: str, age: int) -> None:
    """D6: the 14th birthday counts as 14."""
    assert age_on(born, date.fromisoformat(day)) == age
    assert needs_parent(born, date.fromisoformat(day)) is (age < 14)


def test_the_day_is_the_schools() -> None:
    """D6."""
    moment = 1_700_000_000_000  # 2023-11-14 22:13 UTC
    assert school_day(moment, "Europe/Moscow") == date(2023, 11, 15)
    assert school_day(moment, "Europe/Kaliningrad") == date(2023, 11, 15)
    assert school_day(moment, "America/New_York") == date(2023, 11, 14)
    assert school_day(moment, "No/Such") == date(2023, 11, 15), "Moscow's, rather than none"


def test_birth_dates_that_cannot_be() -> None:
    assert code_of(check_birth_date, "2026-02-30", TODAY) == "dob_invalid"
    assert code_of(check_birth_date, "2026-11-25", TODAY) == "dob_future"
    assert code_of(check_birth_date, "1850-01-01", TODAY) == "dob_invalid"


@pytest.mark.parametrize(
    ("born", "given", "withdrawn", "reason"),
    [
        ("2014-01-01", 0, 0, "under_14"),
        ("2014-01-01", 1, 0, ""),
        ("2014-01-01", 1, 1, "consent_withdrawn"),
        ("2010-01-01", 0, 0, ""),
        ("2010-01-01", 0, 1, "consent_withdrawn"),
        ("2000-01-01", 0, 1, ""),
        (None, 0, 0, ""),
    ],
)
def test_holds(born: str | None, given: int, withdrawn: int, reason: str) -> None:
    """R-56, D6, D16."""
    assert decide_hold(born, TODAY, Consents(given, withdrawn)) == reason


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**32 - 1), st.sampled_from(["invite", "parent"]))
def test_links_say_what_was_signed(row: int, serial: int, kind: str) -> None:
    """R-37, R-57: the token is made again from the row, the same each time."""
    link = Link(kind, row, serial)  # type: ignore[arg-type]
    token = KEY.token(link)
    assert KEY.read(token, link.kind) == link
    assert token == KEY.token(link)
    assert code_of(KEY.read, token, "parent" if kind == "invite" else "invite") == "link_malformed"
    assert code_of(LinkKey(bytes([1]) * 32).read, token, kind) == "link_malformed"


@given(st.integers(0, 33), st.integers(1, 63))
def test_altered_links_are_refused(place: int, by: int) -> None:
    """E-15: guessing needs 2^96 tries; a letter changed is a link that does not work."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = KEY.token(Link("invite", 12345))
    letter = letters[(letters.index(token[place]) + by) % 64]
    altered = token[:place] + letter + token[place + 1 :]
    if place == 33:
        return  # the last letter carries four bits of padding
    assert code_of(KEY.read, altered, "invite") == "link_malformed"


@given(st.text(max_size=80))
def test_any_text_is_a_refused_link_or_a_link(text: str) -> None:
    assert code_of(KEY.read, text, "invite") == "link_malformed"


def test_class_names() -> None:
    assert class_name(" 7 а ") == ("7А", 7)
    assert class_name("10-1") == ("10-1", 10)
    assert class_name("11") == ("11", 11)
    assert next_name("9Б") == "10Б"
    for bad in ("", "А7", "0А", "13А", "7А<script>"):
        assert code_of(class_name, bad) == "class_name_invalid"


# --- places ----------------------------------------------------------------------------------------------------


def test_the_drop_down_has_the_largest(russia: Gazetteer) -> None:
    """R-49."""
    assert [p.name for p in russia.biggest("RU", 5)] == [
        "Москва",
        "Санкт-Петербург",
        "Новосибирск",
        "Екатеринбург",
        "Нижний Новгород",
    ]
    assert len(russia) > 5_000
    assert russia.countries() == ["RU"]
    assert set(russia.countries()) <= set(COUNTRIES)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("моск", "Москва"),
        ("МОСКВА", "Москва"),
        ("орел", "Орёл"),
        ("новгород", "Нижний Новгород"),
        ("ростов на дону", "Ростов-на-Дону"),
        ("санкт петербург", "Санкт-Петербург"),
        ("екатиренбург", "Екатеринбург"),
        ("чилябинск", "Челябинск"),
        ("нижний тагл", "Нижний Тагил"),
        ("новосибрск", "Новосибирск"),
        ("кзаань", "Казань"),
    ],
)
def test_search_finds_prefixes_and_near_spellings(russia: Gazetteer, typed: str, first: str) -> None:
    """R-49, F4: ё as е, any case, hyphens, a wrong, missing, doubled or swapped letter."""
    assert russia.search(typed, "RU")[0].name == first


def test_search_is_narrowed_by_the_region(russia: Gazetteer) -> None:
    """R-50: places of one name are told apart by the region behind a comma or a space."""
    everywhere = russia.search("октябрьский", "RU")
    assert len({p.region for p in everywhere}) > 5
    for typed in ("октябрьский, башк", "октябрьский башк"):
        found = russia.search(typed, "RU")
        assert found[0].name == "Октябрьский"
        assert {p.region for p in found} == {"Республика Башкортостан"}
    assert russia.search("щшцфыв", "RU") == []
    assert russia.search("Москва", "KZ") == []


@given(st.text(alphabet="абвгд", max_size=8), st.text(alphabet="абвгд", max_size=8))
def test_edit_distance_is_a_distance(a: str, b: str) -> None:
    assert edit_distance(a, b, 20) == edit_distance(b, a, 20)
    assert (edit_distance(a, b, 20) == 0) is (a == b)
    assert min(edit_distance(a, b, 2), 3) == min(edit_distance(a, b, 20), 3)


OKTMO = """\
"79";"000";"000";"000";"1";"1";"Муниципальные образования Республики Адыгея";"";"";"000";"0"
"79";"605";"000";"000";"6";"1";"Гиагинский муниципальный район";"ст-ца Гиагинская";"";"000";"0"
"79";"605";"402";"000";"0";"1";"Айрюмовское";"х Прогресс";"";"000";"0"
"79";"605";"402";"101";"2";"2";"х Прогресс";"";"";"000";"0"
"79";"605";"402";"106";"3";"2";"п Новый";"";"";"000";"0"
"79";"701";"000";"000";"5";"1";"город Майкоп";"г Майкоп";"";"000";"0"
"79";"701";"000";"001";"6";"2";"г Майкоп";"";"";"000";"0"
"""


def test_the_official_classifier_adds_every_village() -> None:
    """R-49, F4: names without abbreviations, district and region; a known town keeps its id and population."""
    found = {p.name: p for p, _ in read_places(OKTMO.encode("cp1251"), shipped())}
    assert set(found) == {"Прогресс", "Новый", "Майкоп"}
    village = found["Прогресс"]
    assert (village.id, village.district, village.region) == (
        79605402101,
        "Гиагинский муниципальный район",
        "Республика Адыгея",
    )
    assert village.time_zone == "Europe/Moscow"
    assert found["Майкоп"].population > 100_000
    assert found["Майкоп"].id < 20_000_000


def test_an_extract_with_titles_is_read_too() -> None:
    raw = "id,name,district,region,population\n5001,Малые Горки,Клинский район,Московская область,40\n".encode()
    (place, source), *rest = read_places(raw, [])
    assert not rest
    assert (place.name, place.population, source) == ("Малые Горки", 40, "fias")
    assert code_of(lambda: list(read_places(b"id,name\nx,y\n", []))) == "list_unreadable"


# --- lists -----------------------------------------------------------------------------------------------------


def test_lists_of_pupils_in_both_encodings() -> None:
    """E-16: with titles or without, semicolons or tabs, dates in three forms, a bad line alone."""
    text = "ФИО;Дата рождения;Класс\nПетров Алексей Иванович;31.12.2013;7 а\nКим Анна;2014-02-01;7А\nБез даты;;7А\n"
    for encoding in ("cp1251", "utf-8", "utf-8-sig"):
        decoded, _ = decode_list(text.encode(encoding))
        lines = list(read_list(decoded, TODAY, 100))
        assert [(x.last, x.first, x.patronymic, x.born, x.klass, x.code) for x in lines] == [
            ("Петров", "Алексей", "Иванович", "2013-12-31", "7А", ""),
            ("Ким", "Анна", "", "2014-02-01", "7А", ""),
            ("Без", "даты", "", "", "7А", "dob_invalid"),
        ]
    columns = "Класс\tИмя\tФамилия\tДата рождения\n7А\tАнна\tКим\t01.02.14\n"
    assert [(x.last, x.first, x.born) for x in read_list(columns, TODAY, 9)] == [("Ким", "Анна", "2014-02-01")]
    assert [x.last for x in read_list("Ким Анна;01.02.2014;7А\n", TODAY, 9)] == ["Ким"]
    assert code_of(lambda: list(read_list("просто текст", TODAY, 9))) == "list_unreadable"
    assert code_of(lambda: list(read_list("a;b;c\n" * 20, TODAY, 9))) == "list_too_long"
    assert birth_date("1.9.98", TODAY) == "1998-09-01"


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(raw: bytes) -> None:
    """E-15: never an error of our own."""
    try:
        list(read_list(decode_list(raw)[0], TODAY, 100))
    except AppError as refusal:
        assert refusal.code in {"list_unreadable", "list_too_long"}


def test_exports_run_nothing() -> None:
    """E-16: a name that a spreadsheet would take for a formula is text."""
    table = write_csv(("ФИО",), [("=HYPERLINK(1)",), ("Ким; Анна",)]).decode("utf-8-sig")
    assert table == 'ФИО\r\n\'=HYPERLINK(1)\r\n"Ким; Анна"\r\n'


def test_the_sheet_escapes_names_and_leaves_out_the_dead() -> None:
    """S29: names are strangers' text."""

    def invite(state: str, named: str) -> Invite:
        return Invite(
            id="1", url=f"http://school.test/i/{state}", role="student", class_id="2", class_name="7А", state=state,  # type: ignore[arg-type]
            created=0, created_by="", expires=1, used=0, uses=1, named=named,
        )  # fmt: skip

    page = sheet_page("Школа <1>", "rt", [invite("active", "<b>Ким</b>"), invite("expired", "Нет")])
    assert "&lt;b&gt;Ким" in page
    assert "<b>" not in page
    assert page.count("<svg") == 1
    assert "Нет" not in page


def test_every_consent_version_speaks_both_languages() -> None:
    """R-65, E-17."""
    assert CURRENT in TEXTS
    for text in TEXTS.values():
        assert "{brand}" in text.ru
        assert "{brand}" in text.en


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Нижние Незнанки", ("Нижние Незнанки", "", "")),
        ("с. Ивановка", ("Ивановка", "", "")),
        ("деревня Ивановка", ("Ивановка", "", "")),
        ("Тверская область, Калининский район, пос. Мирный", ("Мирный", "Калининский район", "Тверская область")),
        ("пгт Мирный,  Тверская  обл.", ("Мирный", "", "Тверская обл.")),
        ("Ивановка, Татарстан", ("Ивановка", "", "Татарстан")),
        ("Татарстан, д. Ивановка", ("Ивановка", "", "Татарстан")),
        ("Село Красное", ("Красное", "", "")),
        ("Село", ("Село", "", "")),
        (",,", (",,", "", "")),
    ],
)
def test_places_as_people_write_them(text: str, parts: tuple[str, str, str]) -> None:
    """R-49: name, district and region, whatever their order."""
    assert tuple(read_place(text)) == parts
