"""Confirmation codes: made, digested, judged (D1). Pure but for the randomness that ``make_code`` draws.

A code is short, so its digest is keyed with the server's secret: a stolen table alone gives none back.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

from rtserver.wire.errors import AppError

DIGITS = 6
CALL_DIGITS = 4
"""D12: the last four digits of the calling number."""
PAPER_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which people misread on paper."""
PAPER_CHARS = 8


@dataclass(frozen=True, slots=True)
class CodeRules:
    """D1, all settings."""

    live_ms: int = 600_000
    tries: int = 5
    resend_ms: int = 120_000


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code as it is kept. ``digest`` is None until a gateway named the calling number."""

    id: int
    digest: bytes | None
    tries: int
    created_ms: int
    expires_ms: int
    used: bool
    failed: bool


def make_code(digits: int = DIGITS) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(digits))


def make_paper_code() -> str:
    return "".join(secrets.choice(PAPER_LETTERS) for _ in range(PAPER_CHARS))


def clean_code(typed: str) -> str:
    """What was typed without spaces and dashes, letters in capitals."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def digest_code(key: bytes, challenge: int, code: str) -> bytes:
    """HMAC-SHA256 over the challenge's id and the code."""
    return hmac.digest(key, f"code\0{challenge}\0{code}".encode(), "sha256")


def judge_code(key: bytes, challenge: Challenge, typed: str, now: int, rules: CodeRules) -> Literal["right", "wrong"]:
    """Whether it is right; raises ``code_dead`` (used, or too many tries) and ``code_expired``."""
    if challenge.used or challenge.tries >= rules.tries:
        raise AppError("code_dead")
    if now >= challenge.expires_ms:
        raise AppError("code_expired")
    if challenge.digest is None:
        raise AppError("delivery_failed") if challenge.failed else AppError("code_wrong", left=rules.tries)
    right = hmac.compare_digest(digest_code(key, challenge.id, clean_code(typed)), challenge.digest)
    return "right" if right else "wrong"


def resend_wait_ms(created_ms: int, now: int, rules: CodeRules) -> int:
    """D1: how long until another code may be asked for."""
    return max(0, created_ms + rules.resend_ms - now)
