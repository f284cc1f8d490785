"""The shape of a row in the table of error codes. Holds no row itself."""

from __future__ import annotations

from typing import Literal, NamedTuple

Mender = Literal["you", "sender", "teacher", "administrator", "operator", "nobody"]


class ErrorSpec(NamedTuple):
    """One row: ``status`` is the HTTP status, ``retryable`` says that the same request may succeed later by itself."""

    status: int
    retryable: bool
    mender: Mender
    ru: str
    en: str
