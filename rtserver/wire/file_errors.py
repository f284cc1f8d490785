"""Refusals of uploads, files and attachments. Statuses are those that tus 1.0.0 names where it names one.

tus-js-client forgets an upload on any 4xx of HEAD but 423: a trouble that passes by itself never has a 4xx here, but
for 423 itself and 409, after which it asks HEAD.
"""

from __future__ import annotations

from .error_spec import ErrorSpec

FILE_ERRORS: dict[str, ErrorSpec] = {
    # the tus protocol
    "tus_version_unsupported": ErrorSpec(
        412, False, "you", "Нужна версия tus 1.0.0", "Version 1.0.0 of tus is expected (header Tus-Resumable)"
    ),
    "tus_header_invalid": ErrorSpec(
        400, False, "you", "Заголовок составлен неверно: {field}", "The header is malformed: {field}"
    ),
    "tus_content_type": ErrorSpec(
        415,
        False,
        "you",
        "Тело части — application/offset+octet-stream",
        "A part's body is application/offset+octet-stream",
    ),
    "upload_unknown": ErrorSpec(404, False, "you", "Такой загрузки нет", "There is no such upload"),
    "upload_expired": ErrorSpec(
        410,
        False,
        "you",
        "Загрузку не закончили за {days} дней. Отправьте файл снова",
        "The upload was not finished in {days} days. Send it again",
    ),
    "upload_lost": ErrorSpec(
        410,
        False,
        "operator",
        "Сервер потерял часть файла. Отправьте его снова",
        "The server has lost a part of the file. Send it again",
    ),
    "upload_offset_mismatch": ErrorSpec(
        409,
        True,
        "nobody",
        "Сервер ждёт продолжения с байта {offset}",
        "The server expects the part that starts at byte {offset}",
    ),
    "upload_locked": ErrorSpec(
        423, True, "nobody", "Этот файл уже передаёт другое соединение", "Another connection is sending this file"
    ),
    "upload_displaced": ErrorSpec(
        400,
        False,
        "nobody",
        "Передачу продолжило другое соединение",
        "Another connection has taken over this upload",
    ),
    "upload_length_mismatch": ErrorSpec(
        400,
        False,
        "you",
        "Часть длиннее, чем остаток файла ({limit} байт)",
        "The part is longer than what is left of the file ({limit} bytes)",
    ),
    "upload_is_final": ErrorSpec(
        403, False, "you", "Собранную из частей загрузку не дописывают", "An upload joined of parts takes no bytes"
    ),
    "upload_parts_unfinished": ErrorSpec(
        409, True, "you", "Не все части загружены", "Not all parts of the upload are finished"
    ),
    "upload_incomplete": ErrorSpec(
        503,
        True,
        "nobody",
        "Связь прервалась. Передача продолжится",
        "The connection broke off. The upload can be resumed",
    ),
    "checksum_unsupported": ErrorSpec(
        400, False, "you", "Такая контрольная сумма не поддерживается", "This checksum algorithm is not supported"
    ),
    "checksum_mismatch": ErrorSpec(
        460, True, "nobody", "Часть пришла повреждённой. Отправим снова", "The part arrived damaged. Sending it again"
    ),
    # limits, each with its number
    "file_too_big": ErrorSpec(
        413,
        False,
        "you",
        "Файл больше {limit} байт: 4 Гбайт — предел на файл. Разделите его на части",
        "The file is over {limit} bytes, the limit of 4 GB for a file. Split it",
    ),
    "quota_exceeded": ErrorSpec(
        413,
        False,
        "you",
        "Место закончилось ({limit} байт). Удалите ненужное в «Моих документах»",
        "No space left ({limit} bytes). Remove something in My documents",
    ),
    "school_quota_exceeded": ErrorSpec(
        413,
        False,
        "administrator",
        "Место школы закончилось ({limit} байт)",
        "The school's space is used up ({limit} bytes)",
    ),
    "uploads_limit": ErrorSpec(
        429,
        True,
        "you",
        "Незаконченных загрузок уже {limit}. Закончите или отмените одну",
        "{limit} uploads are unfinished already. Finish or cancel one",
    ),
    "disk_full": ErrorSpec(
        507,
        True,
        "operator",
        "На сервере кончается место. Переданное сохранено, повторим позже",
        "The server's disk is nearly full. What was sent is kept, try again later",
    ),
    # files and attachments
    "file_unknown": ErrorSpec(404, False, "you", "Такого файла нет", "There is no such file"),
    "file_infected": ErrorSpec(
        422,
        False,
        "nobody",
        "Файл заблокирован проверкой на вирусы",
        "The virus scan has blocked this file",
    ),
    "file_unscanned": ErrorSpec(
        422,
        False,
        "operator",
        "Файл не удалось проверить на вирусы, а без проверки школа файлы не принимает",
        "The file could not be scanned for viruses, and this school takes no unscanned files",
    ),
    "file_in_use": ErrorSpec(
        409,
        False,
        "you",
        "Файл есть в сообщении. Удалите сначала сообщение",
        "A message holds this file. Delete the message first",
    ),
    "attachments_limit": ErrorSpec(
        400, False, "you", "В сообщении не больше {limit} файлов", "At most {limit} files in a message"
    ),
    "attachment_twice": ErrorSpec(400, False, "you", "Один файл прикреплён дважды", "One file is attached twice"),
    "posts_waiting_limit": ErrorSpec(
        429,
        True,
        "you",
        "Сообщений, ждущих файлов, уже {limit}",
        "{limit} messages are waiting for their files already",
    ),
}
