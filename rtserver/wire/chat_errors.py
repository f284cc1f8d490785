"""The part of the error table about search, drafts, membership by link, notifications and reports."""

from __future__ import annotations

from .error_spec import ErrorSpec

CHAT_ERRORS: dict[str, ErrorSpec] = {
    "search_empty": ErrorSpec(400, False, "you", "Напишите, что найти", "Say what to look for"),
    "mention_all_not_allowed": ErrorSpec(
        403, False, "teacher", "Позвать всех могут учителя", "Teachers can call everybody"
    ),
    "mention_not_member": ErrorSpec(
        409, False, "you", "Упомянутого человека нет в чате", "The person mentioned is not in the chat"
    ),
}
