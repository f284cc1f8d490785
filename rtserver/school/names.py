"""Names of people and one-line texts as they are kept: one form, no hidden characters, never longer than their column.
Pure.

Unicode lets a name run from right to left, hide letters or pile marks over the lines around it; a terminal obeys escape
sequences in it. None of that is anybody's name.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from rtserver.wire.errors import AppError
from storage.search import fold

NAME_CHARS = 80
FOLD_CHARS = 260
"""Of the column ``name_fold``: folding can make three letters of one."""
MARKS_MAX = 2
"""Combining marks in a row; the languages of names here need two at most beyond the composed letters."""


class PersonName(NamedTuple):
    first: str
    last: str
    patronymic: str
    fold: str


def clean_line(text: str, limit: int) -> str:
    """One line in NFC: white space and control characters become one space, format characters go (no bidi, no zero
    width), marks are not piled up, at most ``limit`` characters.
    """
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", text):
        category = unicodedata.category(letter)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] == "Z" or category == "Cc":
            kept.append(" ")
        elif category[0] != "C" and marks <= MARKS_MAX:
            kept.append(letter)
    return re.sub(r" +", " ", "".join(kept)).strip()[:limit].strip()


def person_name(first: str, last: str, patronymic: str = "") -> PersonName:
    """``name_required`` without a first or last name, or when there is no letter in them."""
    first, last, patronymic = (clean_line(one, NAME_CHARS) for one in (first, last, patronymic))
    if not first or not last or not any(letter.isalpha() for letter in first + last):
        raise AppError("name_required")
    return PersonName(first, last, patronymic, fold_name(first, last))


def fold_name(first: str, last: str) -> str:
    """What search and lists compare."""
    return fold(f"{first} {last}")[:FOLD_CHARS]
