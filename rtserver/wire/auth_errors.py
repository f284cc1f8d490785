"""Error codes of registration and log-in (E-15): rows that ``errors.ERRORS`` takes in.

The texts are those of experience.md, Appendix A, where it has them; each says what to do next.
"""

from __future__ import annotations

from .error_spec import ErrorSpec

AUTH_ERRORS: dict[str, ErrorSpec] = {
    # contacts
    "phone_invalid": ErrorSpec(
        400, False, "you", "Проверьте номер: нужно 11 цифр", "Check the number: 11 digits are needed"
    ),
    "email_invalid": ErrorSpec(400, False, "you", "Проверьте адрес почты", "Check the e-mail address"),
    "phone_taken": ErrorSpec(
        409,
        False,
        "you",
        "На этот номер уже есть учебный профиль. На один номер — один профиль",
        "This number already has a study profile. One number, one profile",
    ),
    "phone_is_childs": ErrorSpec(
        409,
        False,
        "you",
        "На этот номер зарегистрирован ребёнок. Укажите свой личный номер",
        "A child is registered on this number. Use your own",
    ),
    "phone_needed": ErrorSpec(
        400,
        False,
        "you",
        "Родитель регистрируется по личному номеру телефона",
        "A parent registers on a personal phone number",
    ),
    "email_taken": ErrorSpec(
        409,
        False,
        "you",
        "На эту почту уже есть профиль. Нужна собственная почта ребёнка",
        "This e-mail already has a profile. The child needs an own one",
    ),
    "email_needs_invite": ErrorSpec(
        403,
        False,
        "teacher",
        "По почте можно зарегистрироваться только по ссылке-приглашению от администратора или классного руководителя",
        "Registering by e-mail needs an invite link from the administrator or class teacher",
    ),
    "email_needs_primary_class": ErrorSpec(
        403,
        False,
        "you",
        "Почту вместо телефона могут указать только ученики 1–4 классов",
        "Only grades 1-4 may use e-mail instead of a phone",
    ),
    "contact_last": ErrorSpec(
        409,
        False,
        "you",
        "Это единственный способ войти. Сначала добавьте другой номер или почту",
        "This is the only way to log in. Add another number or e-mail first",
    ),
    "contacts_limit": ErrorSpec(
        409,
        False,
        "you",
        "Контактов может быть не больше {limit}. Сначала уберите один",
        "There can be {limit} contacts at most. Remove one first",
    ),
    "contact_unknown": ErrorSpec(404, False, "you", "Такого контакта нет", "There is no such contact"),
    "contact_claimed": ErrorSpec(
        409,
        False,
        "nobody",
        "Мы спросили прежнего владельца номера. Если он не возразит, номер освободится {date}",
        "We have asked the number's former owner. Without an objection it becomes free on {date}",
    ),
    "claim_refused": ErrorSpec(
        409,
        False,
        "administrator",
        "Владелец номера сообщил, что номер его. Напишите в Поддержку: {support}",
        "The number's owner says that it is theirs. Write to Support: {support}",
    ),
    "claim_unknown": ErrorSpec(404, False, "you", "Такого запроса нет", "There is no such request"),
    # codes
    "code_wrong": ErrorSpec(
        400, False, "you", "Неверный код. Осталось попыток: {left}", "Wrong code. Attempts left: {left}"
    ),
    "code_dead": ErrorSpec(
        410, False, "you", "Код больше не действует. Получите новый", "The code no longer works. Get a new one"
    ),
    "code_expired": ErrorSpec(
        410, False, "you", "Код больше не действует. Получите новый", "The code no longer works. Get a new one"
    ),
    "resend_too_soon": ErrorSpec(
        429,
        True,
        "nobody",
        "Новый код можно получить через {seconds} с",
        "A new code is possible in {seconds} s",
    ),
    "delivery_failed": ErrorSpec(
        502, False, "you", "Не получилось отправить код. Попробуйте звонок", "The code could not be sent. Try a call"
    ),
    "channel_unavailable": ErrorSpec(
        409,
        False,
        "administrator",
        "Так код получить нельзя. Выберите другой способ",
        "The code cannot be sent this way. Choose another",
    ),
    # passwords
    "password_wrong": ErrorSpec(
        400,
        False,
        "you",
        "Неверный пароль. Проверьте раскладку и Caps Lock",
        "Wrong password. Check layout and Caps Lock",
    ),
    "password_short": ErrorSpec(
        400, False, "you", "Пароль короче {limit} знаков", "The password is shorter than {limit} characters"
    ),
    "password_common": ErrorSpec(
        400, False, "you", "Этот пароль слишком легко угадать", "This password is too easy to guess"
    ),
    "password_needed": ErrorSpec(
        400, False, "you", "Придумайте пароль: без него не войти снова", "Choose a password: it is needed to return"
    ),
    "too_many_attempts": ErrorSpec(
        429,
        True,
        "nobody",
        "Слишком много попыток. Подождите {minutes} мин",
        "Too many attempts. Wait {minutes} min",
    ),
    # the flow
    "flow_unknown": ErrorSpec(404, False, "you", "Начните вход заново", "Start logging in again"),
    "flow_step": ErrorSpec(409, False, "you", "Сейчас другой шаг входа: {state}", "Another step comes now: {state}"),
    "registration_role": ErrorSpec(
        400,
        False,
        "you",
        "Похоже, это данные взрослого. Профиль ученика заполняют на ребёнка: его имя и его дата рождения",
        "These look like an adult's data. A student profile is filled in for the child: the child's name and date of "
        "birth",
    ),
    "close_unconfirmed": ErrorSpec(
        400, False, "you", "Впишите свою фамилию, чтобы подтвердить", "Type your last name to confirm"
    ),
    "session_unknown": ErrorSpec(404, False, "you", "Такого входа нет", "There is no such session"),
    # QR and external log-in
    "qr_expired": ErrorSpec(410, False, "you", "Код устарел. Начните заново", "The code is old. Start again"),
    "qr_used": ErrorSpec(409, False, "you", "Код уже использован", "The code was used already"),
    "external_off": ErrorSpec(404, False, "operator", "Такого входа здесь нет", "This way of logging in is off"),
    "external_failed": ErrorSpec(
        502,
        False,
        "you",
        "Внешний вход не удался. Войдите по номеру или почте",
        "The external log-in failed. Log in by phone or e-mail",
    ),
    "external_taken": ErrorSpec(
        409,
        False,
        "you",
        "Этот внешний профиль уже связан с другим аккаунтом",
        "This external identity is bound to another account",
    ),
    "documents_changed": ErrorSpec(
        409,
        False,
        "you",
        "Текст соглашения обновился. Прочитайте его и продолжите",
        "The agreement has changed. Read it and go on",
    ),
    "document_unknown": ErrorSpec(404, False, "you", "Такого документа нет", "There is no such document"),
}
