"""Places of schools, on both engines: those that lists have, and those that people write."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from rtserver.school.classifier import read_places
from rtserver.school.places import save_places, shipped
from tests.school_house import SchoolHouse


async def test_a_place_that_no_list_has_can_be_named(sh: SchoolHouse) -> None:
    """R-49, R-52: the village becomes a locality with the school's approval; a refusal gives its reason."""
    head = await sh.newcomer()
    ask = {"name": "Школа", "place": "Нижние Незнанки", "position": "учитель", "contact": "a@b.example"}
    refused = await sh.post(head, "/api/school-requests", **ask)
    await sh.decide_request(refused["number"], "refuse", reason="Проверьте название")
    assert (await sh.get(head, "/api/school-requests"))["requests"][0]["reason"] == "Проверьте название"
    made = await sh.post(head, "/api/school-requests", **ask)
    await sh.decide_request(made["number"], "approve")
    found = (await sh.get(None, "/api/localities?q=незнанки"))["localities"]
    assert [p["name"] for p in found] == ["Нижние Незнанки"]
    schools = (await sh.get(head, f"/api/localities/{found[0]['id']}/schools"))["schools"]
    assert [one["name"] for one in schools] == ["Школа"]


@pytest.mark.parametrize(
    ("place", "searches", "shown"),
    [
        ("д. Малые Незнанки, Калининский р-н, Тверская область", ["малые незнанки", "Незнанки, Тверская"], "Тверская"),
        ("Тверская обл., деревня Малые Незнанки", ["малые незнанки тверская", "малые незнонки"], "Тверская"),
        ("Малые Незнанки, Татарстан", ["незнанки, татарстан"], "Республика Татарстан"),
        ("г. Казань", ["казань"], "Республика Татарстан"),
        ("Казань, Республика Татарстан", ["Казань, Татарстан"], "Республика Татарстан"),
    ],
)
async def test_a_school_of_a_written_place_is_found(
    sh: SchoolHouse, place: str, searches: list[str], shown: str
) -> None:
    """R-48, R-49, R-52: however the place was written, S11 finds its school by the place's name, with the region; a
    second school that names it alike stands in the same place; a known place is not doubled.
    """
    for number in (1, 2):
        head = await sh.newcomer()
        ask = {"name": f"Школа {number}", "place": place, "position": "учитель", "contact": "a@b.example"}
        made = await sh.post(head, "/api/school-requests", **ask)
        await sh.decide_request(made["number"], "approve")
    for query in searches:
        found = (await sh.get(None, "/api/localities?" + urlencode({"q": query})))["localities"]
        first = found[0]
        assert shown in first["region"], (query, found)
        assert sum((one["name"], one["region"]) == (first["name"], first["region"]) for one in found) == 1
        schools = (await sh.get(head, f"/api/localities/{first['id']}/schools"))["schools"]
        assert [one["name"] for one in schools] == ["Школа 1", "Школа 2"], query


async def test_a_loaded_classifier_is_searched_at_once(sh: SchoolHouse) -> None:
    """R-49, F4: every village of the file, and a second load renews."""
    raw = (
        '"79";"605";"000";"000";"6";"1";"Гиагинский муниципальный район"\n"79";"605";"402";"101";"2";"2";"х Прогресс"\n'
    ).encode("cp1251")
    assert (await sh.get(None, "/api/localities?q=прогресс адыг"))["localities"] == []
    for wanted in ((1, 0), (0, 1)):
        assert await sh.database.write(lambda c: save_places(c, read_places(raw, shipped()))) == wanted
    found = (await sh.get(None, "/api/localities?q=прогресс, гиаг"))["localities"]
    assert [(p["name"], p["district"]) for p in found] == [("Прогресс", "Гиагинский муниципальный район")]
