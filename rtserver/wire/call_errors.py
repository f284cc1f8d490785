"""Error codes of calls (E-15): rows that ``errors.ERRORS`` takes in."""

from __future__ import annotations

from .error_spec import ErrorSpec

CALL_ERRORS: dict[str, ErrorSpec] = {
    "call_unknown": ErrorSpec(404, False, "you", "Звонок уже завершён", "The call is over"),
    "participant_unknown": ErrorSpec(
        410, False, "you", "Вы уже не в звонке. Войдите снова", "You are no longer in the call. Join again"
    ),
    "call_start_not_allowed": ErrorSpec(
        403, False, "teacher", "Звонок в классе начинает учитель", "A teacher starts the class's calls"
    ),
    "call_end_not_allowed": ErrorSpec(
        403, False, "teacher", "Завершить звонок для всех может учитель", "A teacher can end the call for everyone"
    ),
    "call_full": ErrorSpec(
        409,
        True,
        "administrator",
        "В звонке нет места: участников уже {limit}. Повторим сами",
        "The call is full: {limit} people are in. Trying again by itself",
    ),
    "calls_busy": ErrorSpec(
        503, True, "operator", "Сервер звонков занят. Повторим сами", "The call server is busy. Trying again by itself"
    ),
    "calls_away": ErrorSpec(
        503,
        True,
        "operator",
        "Сервер звонков перезапускается. Повторим сами",
        "The call server is restarting. Trying again by itself",
    ),
    "calls_off": ErrorSpec(
        503, False, "operator", "Звонки на этом сервере выключены", "Calls are switched off on this server"
    ),
    "media_offer_invalid": ErrorSpec(
        400, False, "you", "Браузер предложил то, чего сервер не понял: {detail}", "The offer cannot be used: {detail}"
    ),
}
