"""The part of the error table about search, drafts, membership by link, notifications and reports."""

from __future__ import annotations

from .error_spec import ErrorSpec

CHAT_ERRORS: dict[str, ErrorSpec] = {
    "search_empty": ErrorSpec(400, False, "you", "Напишите, что найти", "Say what to look for"),
}
