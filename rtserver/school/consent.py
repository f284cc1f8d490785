"""The text a parent agrees to, by version (R-65, E-17). Old versions stay: a consent names the one it was given to."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class ConsentText(NamedTuple):
    """Texts with ``{brand}`` to fill in."""

    ru: str
    en: str


CURRENT = "2026-09-01"
TEXTS: dict[str, ConsentText] = {
    CURRENT: ConsentText(
        "Я даю согласие на использование платформы «{brand}» моим ребёнком и на обработку школой его имени, фамилии, "
        "отчества, даты рождения, пола, класса и переписки на платформе ради обучения. Согласие можно отозвать в "
        "профиле в любой день: тогда вход ребёнка приостановится.",
        "I consent to my child's use of {brand}, and to the school's processing of the child's first name, last name, "
        "patronymic, birth date, gender, class and messages on the platform for the purpose of schooling. The consent "
        "can be withdrawn in the profile on any day: the child's entry is then suspended.",
    ),
}


def consent_text(version: str, brand: str) -> ConsentText:
    text = TEXTS[version]
    return ConsentText(text.ru.format(brand=brand), text.en.format(brand=brand))


def text_hash(version: str, brand: str) -> bytes:
    """SHA-256 of both texts as they were shown: proof of what was agreed to."""
    text = consent_text(version, brand)
    return hashlib.sha256(f"{text.ru}\0{text.en}".encode()).digest()
