"""Translates what msgspec found wrong into a refusal that names the field and never the value. Decides nothing else."""

from __future__ import annotations

import re

from .errors import AppError

_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]{1,80})`")
_MISSING_FIELD = re.compile(r"missing required field `([^`]{1,80})`")


def decoding_refusal(detail: str) -> AppError:
    """``unknown_field`` or ``bad_request`` of a ``msgspec.ValidationError``'s text."""
    unknown = _UNKNOWN_FIELD.search(detail)
    if unknown:
        return AppError("unknown_field", field=unknown.group(1))
    missing = _MISSING_FIELD.search(detail)
    path = detail.rpartition(" - at `")[2].rstrip("`") if " - at `" in detail else ""
    return AppError("bad_request", detail=missing.group(1) if missing else path[:80] or "payload")
