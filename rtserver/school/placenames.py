"""A place as people write it, «д. Малая Ивановка, Калининский район, Тверская область», parted into name, district and
region. Pure: asks no list whether the place exists.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .classifier import KIND

WORDS = re.compile(
    r"\A(?:город|городок|деревня|село|пос[её]лок(?: городского типа)?|рабочий пос[её]лок|хутор|станица|аул|слобода)\s+"
    r"(?=\S)",
    re.IGNORECASE,
)
REGION = re.compile(r"\b(?:область|обл|край|республика|респ|автономный округ|ао)\b", re.IGNORECASE)
DISTRICT = re.compile(r"\b(?:район|р-н|муниципальный округ|городской округ|м\.о|г\.о|округ)\b", re.IGNORECASE)
CHARS = 120
"""Columns of a locality."""


class NamedPlace(NamedTuple):
    """``district`` and ``region`` are empty where they are not said."""

    name: str
    district: str = ""
    region: str = ""


def read_place(text: str) -> NamedPlace:
    """The parts between commas, whatever their order: small to big or big to small."""
    district = region = ""
    rest: list[str] = []
    for part in filter(None, (" ".join(one.split()) for one in text.split(","))):
        if REGION.search(part):
            region = region or part
        elif DISTRICT.search(part):
            district = district or part
        else:
            rest.append(part)
    marked = [part for part in rest if _bare(part) != part]
    name = _bare((marked or rest or [text.strip()])[0])
    others = [part for part in rest if _bare(part) != name]
    if not region and others:
        region = others[-1]  # «Малая Ивановка, Татарстан»
    return NamedPlace(name[:CHARS], district[:CHARS], region[:CHARS])


def _bare(part: str) -> str:
    """«д. Ивановка» and «деревня Ивановка» are Ивановка."""
    return WORDS.sub("", KIND.sub("", part, count=1), count=1)
