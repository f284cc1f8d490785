"""The one table of error codes: HTTP status, whether a retry helps, who can mend it, and the text in both languages.

Rules raise ``AppError`` where the rule lives; only the edge translates it (E-15). Texts may name ``{fields}`` that the
error carries. Codes are flat snake_case and never change their meaning.
"""

from __future__ import annotations

from .auth_errors import AUTH_ERRORS
from .call_errors import CALL_ERRORS
from .chat_errors import CHAT_ERRORS
from .error_spec import ErrorSpec, Mender
from .file_errors import FILE_ERRORS
from .school_errors import SCHOOL_ERRORS

__all__ = ["ERRORS", "AppError", "ErrorSpec", "FieldValue", "Mender", "wire_error"]

FieldValue = str | int

ERRORS: dict[str, ErrorSpec] = {
    # the connection and the shape of a command
    "unauthorized": ErrorSpec(401, False, "you", "Войдите в аккаунт", "Log in first"),
    "session_ended": ErrorSpec(
        401, False, "you", "Сеанс завершён. Войдите снова", "The session has ended. Log in again"
    ),
    "forbidden_origin": ErrorSpec(
        403, False, "operator", "Запрос пришёл с чужого сайта", "The request came from another site"
    ),
    "wire_version_unsupported": ErrorSpec(
        400, False, "you", "Вышло обновление. Обновите страницу", "A new version is out. Refresh the page"
    ),
    "bad_request": ErrorSpec(
        400, False, "you", "Запрос составлен неверно: {detail}", "The request is malformed: {detail}"
    ),
    "unknown_command": ErrorSpec(404, False, "you", "Такой команды нет", "There is no such command"),
    "unknown_field": ErrorSpec(400, False, "you", "Неизвестное поле: {field}", "Unknown field: {field}"),
    "too_big": ErrorSpec(413, False, "you", "Запрос слишком большой", "The request is too big"),
    "rate_limited": ErrorSpec(
        429, True, "nobody", "Слишком часто. Повторим через {seconds} с", "Too often. Trying again in {seconds} s"
    ),
    "unavailable": ErrorSpec(
        503,
        True,
        "nobody",
        "Сервер занят. Повторим через {seconds} с",
        "The server is busy. Trying again in {seconds} s",
    ),
    "unknown": ErrorSpec(
        500,
        True,
        "operator",
        "Что-то пошло не так на нашей стороне. Повторите или напишите в Поддержку: {support}. Код: {id}",
        "Something went wrong on our side. Try again or write to Support: {support}. Code: {id}",
    ),
    "not_found": ErrorSpec(404, False, "you", "Здесь ничего нет", "Nothing is here"),
    "nonce_reused": ErrorSpec(
        409, False, "you", "Этот номер запроса уже занят другим", "This nonce was used for another request"
    ),
    # chats
    "chat_unknown": ErrorSpec(404, False, "you", "Такого чата нет", "There is no such chat"),
    "not_member": ErrorSpec(403, False, "teacher", "Это могут только участники чата", "Members only"),
    "not_in_school": ErrorSpec(403, False, "teacher", "Только для своей школы", "This school only"),
    "person_unknown": ErrorSpec(404, False, "you", "Профиль недоступен", "Profile not available"),
    "blocked": ErrorSpec(
        403, False, "nobody", "Сообщение не доставить этому человеку", "This person cannot be reached"
    ),
    "blocked_by_you": ErrorSpec(403, False, "you", "Вы заблокировали этого человека", "You blocked this person"),
    "chat_admin_only": ErrorSpec(
        403, False, "teacher", "Это может только администратор чата", "Only the chat's administrator can do this"
    ),
    "chat_kind_mismatch": ErrorSpec(
        409, False, "you", "В чате этого вида так нельзя", "Not possible in a chat of this kind"
    ),
    "title_empty": ErrorSpec(400, False, "you", "Дайте чату название", "Give the chat a title"),
    "title_too_long": ErrorSpec(
        400, False, "you", "Название длиннее {limit} знаков", "The title is over {limit} characters"
    ),
    "last_admin": ErrorSpec(
        409,
        False,
        "you",
        "Вы последний администратор. Сначала назначьте другого",
        "You are the last administrator. Appoint another first",
    ),
    "members_limit": ErrorSpec(
        409, False, "administrator", "В чате не больше {limit} участников", "At most {limit} members in a chat"
    ),
    "pinned_chats_limit": ErrorSpec(
        409,
        False,
        "you",
        "Можно закрепить не больше 5 чатов. Открепите один",
        "Up to 5 pinned chats. Unpin one",
    ),
    "pin_order_mismatch": ErrorSpec(
        409,
        True,
        "you",
        "Список закреплённых чатов уже изменился",
        "The list of pinned chats has changed meanwhile",
    ),
    # messages
    "message_empty": ErrorSpec(400, False, "you", "Сообщение пустое", "The message is empty"),
    "message_too_long": ErrorSpec(
        400, False, "you", "Сообщение длиннее {limit} знаков. Разделите его", "Over {limit} characters. Split it"
    ),
    "message_unknown": ErrorSpec(404, False, "you", "Такого сообщения нет", "There is no such message"),
    "message_deleted": ErrorSpec(410, False, "nobody", "Сообщение удалено", "The message was deleted"),
    "edit_not_own": ErrorSpec(
        403, False, "you", "Изменить можно только своё сообщение", "Only your own message can be edited"
    ),
    "edit_forwarded": ErrorSpec(
        403, False, "you", "Пересланное сообщение изменить нельзя", "A forwarded message cannot be edited"
    ),
    "edit_too_late": ErrorSpec(
        403, False, "nobody", "Изменить можно в течение 24 часов", "Editing is possible for 24 hours"
    ),
    "delete_not_allowed": ErrorSpec(
        403,
        False,
        "teacher",
        "Удалить у всех можно только своё, в течение 24 часов",
        "For everyone: only your own, for 24 hours",
    ),
    "pin_not_allowed": ErrorSpec(403, False, "teacher", "Закреплять могут учителя", "Teachers can pin"),
    "pinned_messages_limit": ErrorSpec(
        409,
        False,
        "you",
        "В чате уже закреплено {limit} сообщений. Открепите одно",
        "The chat already has {limit} pinned messages. Unpin one",
    ),
    "reactions_limit": ErrorSpec(
        409, False, "you", "На сообщении уже много разных реакций", "The message has too many different reactions"
    ),
    "emoji_invalid": ErrorSpec(400, False, "you", "Это не эмодзи", "That is not an emoji"),
    # search, drafts, membership, notifications, reports
    **CHAT_ERRORS,
    # schools, invites, applications, families
    **SCHOOL_ERRORS,
    # calls
    **CALL_ERRORS,
    # registration and log-in
    **AUTH_ERRORS,
    # uploads, files and attachments
    **FILE_ERRORS,
}


class AppError(Exception):
    """A refusal with a code from ``ERRORS`` and the fields its texts name. Never carries texts of people."""

    def __init__(self, code: str, **fields: FieldValue) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    @property
    def spec(self) -> ErrorSpec:
        return ERRORS[self.code]


def wire_error(error: AppError) -> dict[str, FieldValue | bool | str]:
    """The ``error`` object of an acknowledgement: code, message (Russian), message_en, retryable, mender and fields."""
    spec = error.spec
    fields = _Fields(error.fields)
    return {
        **error.fields,
        "code": error.code,
        "message": spec.ru.format_map(fields),
        "message_en": spec.en.format_map(fields),
        "retryable": spec.retryable,
        "mender": spec.mender,
    }


class _Fields(dict[str, FieldValue]):
    def __missing__(self, key: str) -> str:
        return "…"
