"""Phones and e-mails: one normal form each, and how they are shown. Pure; asks nobody whether they exist.

Phones become E.164 by Google's metadata (phonenumbers): 8…, +7…, with spaces, brackets and dashes. Numbers without a
country are read as those of ``region``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from rtserver.wire.errors import AppError

EMAIL_MAX = 254
"""RFC 5321 §4.5.3.1.3: a path of 256 octets with its brackets."""
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # RFC 5321 §4.1.2 Dot-string
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Contact:
    kind: Literal["phone", "email"]
    address: str


def read_contact(text: str, region: str = "RU") -> Contact:
    """The contact that a person typed; ``phone_invalid`` or ``email_invalid``."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if "@" in typed:
        return Contact("email", _email(typed))
    return Contact("phone", _phone(typed, region))


def _phone(typed: str, region: str) -> str:
    digits = re.sub(r"\D", "", typed)
    if not 5 <= len(digits) <= 15:
        raise AppError("phone_invalid")
    if region == "RU" and len(digits) == 11 and digits[0] == "7" and not typed.startswith("+"):
        typed = "+" + digits  # people write 7911… as often as 8911…
    try:
        parsed = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        raise AppError("phone_invalid") from None
    if not phonenumbers.is_valid_number(parsed) or parsed.extension:
        raise AppError("phone_invalid")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _email(typed: str) -> str:
    """Lower case throughout: no provider of children's mail tells Masha@ from masha@, and one e-mail is one profile."""
    local, _, domain = typed.casefold().rpartition("@")
    try:
        domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        raise AppError("email_invalid") from None
    labels = domain.split(".")
    good = len(local) <= 64 and _LOCAL.fullmatch(local) and len(labels) >= 2 and all(map(_LABEL.fullmatch, labels))
    if not good or labels[-1].isdigit() or len(local) + 1 + len(domain) > EMAIL_MAX:
        raise AppError("email_invalid")
    return f"{local}@{domain}"


def show_contact(kind: str, address: str) -> str:
    """In full (R-21): «+7 (911) 111-11-11», or the e-mail."""
    if kind != "phone":
        return address
    russian = re.fullmatch(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})", address)
    if russian:
        return f"+7 ({russian[1]}) {russian[2]}-{russian[3]}-{russian[4]}"
    parsed = phonenumbers.parse(address)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def mask_contact(kind: str, address: str) -> str:
    """R-27: «+7 921 ... 57»; of an e-mail the first letter and the domain."""
    if kind != "phone":
        local, _, domain = address.partition("@")
        return f"{local[:1]}...@{domain}"
    parsed = phonenumbers.parse(address)
    code, national = str(parsed.country_code), str(parsed.national_number)
    return f"+{code} {national[:3]} ... {national[-2:]}"


def short_name(first: str, last: str) -> str:
    """R-27: «Алексей П.»"""
    return f"{first} {last[:1]}." if last else first
