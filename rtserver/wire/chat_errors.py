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
    "chat_read_only": ErrorSpec(403, False, "teacher", "Писать могут только учителя", "Only teachers can write"),
    "slow_mode": ErrorSpec(
        429, True, "nobody", "Медленный режим: следующее через {seconds} с", "Slow mode: next in {seconds} s"
    ),
    "chat_link_expired": ErrorSpec(
        410,
        False,
        "teacher",
        "Ссылка в чат больше не действует. Попросите новую",
        "The chat link no longer works. Ask for a new one",
    ),
    "chat_links_limit": ErrorSpec(
        409,
        False,
        "you",
        "У чата уже {limit} действующих ссылок. Отзовите одну",
        "The chat already has {limit} working links. Revoke one",
    ),
    "report_own": ErrorSpec(
        400, False, "you", "Пожаловаться на своё сообщение нельзя", "Your own message cannot be reported"
    ),
}
