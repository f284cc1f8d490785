"""Reads the official lists of localities, so that every village can be found (R-49, F4). Pure: text in, places out.

Two forms: the classifier ОКТМО as Rosstat publishes it (CSV with semicolons, no titles, Windows-1251), and any CSV with
the titles ``id,name,district,region`` and, where known, ``country,population,time_zone`` (an extract of ФИАС).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rtserver.wire.errors import AppError

from .gazetteer import Place, fold_place

REGIONS = {
    "01": "Алтайский край", "03": "Краснодарский край", "04": "Красноярский край", "05": "Приморский край",
    "07": "Ставропольский край", "08": "Хабаровский край", "10": "Амурская область", "11": "Архангельская область",
    "12": "Астраханская область", "14": "Белгородская область", "15": "Брянская область", "17": "Владимирская область",
    "18": "Волгоградская область", "19": "Вологодская область", "20": "Воронежская область",
    "22": "Нижегородская область", "24": "Ивановская область", "25": "Иркутская область", "26": "Республика Ингушетия",
    "27": "Калининградская область", "28": "Тверская область", "29": "Калужская область", "30": "Камчатский край",
    "32": "Кемеровская область", "33": "Кировская область", "34": "Костромская область", "35": "Республика Крым",
    "36": "Самарская область", "37": "Курганская область", "38": "Курская область", "40": "Санкт-Петербург",
    "41": "Ленинградская область", "42": "Липецкая область", "44": "Магаданская область", "45": "Москва",
    "46": "Московская область", "47": "Мурманская область", "49": "Новгородская область",
    "50": "Новосибирская область", "52": "Омская область", "53": "Оренбургская область", "54": "Орловская область",
    "56": "Пензенская область", "57": "Пермский край", "58": "Псковская область", "60": "Ростовская область",
    "61": "Рязанская область", "63": "Саратовская область", "64": "Сахалинская область", "65": "Свердловская область",
    "66": "Смоленская область", "67": "Севастополь", "68": "Тамбовская область", "69": "Томская область",
    "70": "Тульская область", "71": "Тюменская область", "73": "Ульяновская область", "75": "Челябинская область",
    "76": "Забайкальский край", "77": "Чукотский автономный округ", "78": "Ярославская область",
    "79": "Республика Адыгея", "80": "Республика Башкортостан", "81": "Республика Бурятия", "82": "Республика Дагестан",
    "83": "Кабардино-Балкарская Республика", "84": "Республика Алтай", "85": "Республика Калмыкия",
    "86": "Республика Карелия", "87": "Республика Коми", "88": "Республика Марий Эл", "89": "Республика Мордовия",
    "90": "Республика Северная Осетия — Алания", "91": "Карачаево-Черкесская Республика", "92": "Республика Татарстан",
    "93": "Республика Тыва", "94": "Удмуртская Республика", "95": "Республика Хакасия", "96": "Чеченская Республика",
    "97": "Чувашская Республика", "98": "Республика Саха (Якутия)", "99": "Еврейская автономная область",
}  # fmt: skip
"""ОКТМО's first two digits; the same names as in the shipped list."""
OKRUGS = {
    "118": "Ненецкий автономный округ",
    "718": "Ханты-Мансийский автономный округ",
    "719": "Ямало-Ненецкий автономный округ",
}
"""Autonomous okrugs inside a region: its two digits and the next one."""
KIND = re.compile(
    r"\A(?:г|гп|рп|пгт|кп|дп|п|пос|с|д|х|ст-ца|ст|аул|сл|м|мкр|нп|рзд|у|высел|с/п|арбан|п/ст|ж/д ст|ж/д_ст|п ст|п\. ст)"
    r"\.? (?=[А-ЯЁ\d])"
)
DISTRICT = re.compile(r"муниципальный район|муниципальный округ|городской округ|район|округ")


def read_places(raw: bytes, known: Iterable[Place]) -> Iterator[tuple[Place, str]]:
    """Places of a file with their source. ``known`` lends population and time zone to what it names the same."""
    text = _decode(raw)
    shipped = list(known)
    by_name: dict[tuple[str, str], list[Place]] = {}
    zones: dict[str, Counter[str]] = {}
    for place in shipped:
        by_name.setdefault((fold_place(place.name), place.region), []).append(place)
        zones.setdefault(place.region, Counter())[place.time_zone] += 1
    first = next((line for line in text.splitlines() if line.strip()), "")
    titled = re.match(r'\A"?(id|code|oktmo|name)"?[,;\t]', first, re.IGNORECASE) is not None
    found = list(_titled(text, first) if titled else _oktmo(text))
    names = Counter((fold_place(place.name), place.region) for place in found)
    source = "fias" if titled else "oktmo"
    for place in found:
        key = (fold_place(place.name), place.region)
        same = by_name.get(key, [])
        zone = place.time_zone or next((z for z, _ in zones.get(place.region, Counter()).most_common(1)), "")
        if len(same) == 1 and names[key] == 1:  # the same place: it keeps the id that schools already name
            one = same[0]
            yield (
                Place(
                    one.id,
                    place.country,
                    one.name,
                    place.district,
                    place.region,
                    place.population or one.population,
                    one.time_zone,
                ),
                source,
            )
        else:
            yield (
                Place(place.id, place.country, place.name, place.district, place.region, place.population, zone),
                source,
            )


def _decode(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AppError("list_unreadable")


def _oktmo(text: str) -> Iterator[Place]:
    """Rows ``TER;KOD1;KOD2;KOD3;check;section;name;…``: section 2 with KOD3 names settlements, section 1 districts."""
    districts: dict[str, str] = {}
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=";") if len(row) >= 7]
    if not rows:
        raise AppError("list_unreadable")
    for row in rows:
        if row[5].strip() == "1" and row[1] != "000" and row[2] == "000" and DISTRICT.search(row[6]):
            districts[row[0] + row[1]] = row[6].strip()
    for row in rows:
        region = OKRUGS.get(row[0] + row[1][:1]) or REGIONS.get(row[0])
        code = "".join(row[:4])
        if row[5].strip() != "2" or row[3] == "000" or region is None or not code.isdecimal() or len(code) != 11:
            continue
        name = KIND.sub("", row[6].strip())
        if name.startswith("Населенные пункты"):
            continue
        yield Place(int(code), "RU", name[:120], districts.get(row[0] + row[1], "")[:120], region, 0, "")


def _titled(text: str, first: str) -> Iterator[Place]:
    separator = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=separator)
    for row in rows:
        cells = {(key or "").strip().lower(): (value or "").strip() for key, value in row.items() if key}
        code = cells.get("id") or cells.get("code") or cells.get("oktmo") or ""
        if not code.isdecimal() or len(code) > 18 or not cells.get("name"):
            raise AppError("list_unreadable")
        population = cells.get("population", "")
        yield Place(
            int(code),
            cells.get("country", "RU") or "RU",
            cells["name"][:120],
            cells.get("district", "")[:120],
            cells.get("region", "")[:120],
            int(population) if population.isdecimal() else 0,
            cells.get("time_zone", "")[:64],
        )
