"""Error codes of schools, invites, applications and families (E-15): rows that ``errors.ERRORS`` takes in.

The texts are those of experience.md, Appendix A, where it has them; each says what to do next.
"""

from __future__ import annotations

from .error_spec import ErrorSpec

SCHOOL_ERRORS: dict[str, ErrorSpec] = {
    # links
    "link_malformed": ErrorSpec(
        400, False, "you", "Ссылка неполная. Скопируйте её целиком", "The link is incomplete. Copy all of it"
    ),
    "invite_expired": ErrorSpec(
        410,
        False,
        "teacher",
        "Срок действия ссылки истёк. Попросите новую у классного руководителя или администратора",
        "The link has expired. Ask the class teacher or administrator for a new one",
    ),
    "invite_revoked": ErrorSpec(
        410, False, "teacher", "Эту ссылку отозвали. Попросите новую", "This link was revoked. Ask for a new one"
    ),
    "invite_used_up": ErrorSpec(
        410,
        False,
        "teacher",
        "По этой ссылке уже зарегистрировались все, для кого её выпустили. Попросите новую",
        "Everybody this link was made for has used it. Ask for a new one",
    ),
    "invite_unknown": ErrorSpec(404, False, "you", "Такой ссылки нет", "There is no such link"),
    # schools and classes
    "school_unknown": ErrorSpec(404, False, "you", "Такой школы нет", "There is no such school"),
    "class_unknown": ErrorSpec(404, False, "you", "Такого класса нет", "There is no such class"),
    "class_exists": ErrorSpec(409, False, "you", "Такой класс уже есть", "There is such a class already"),
    "class_name_invalid": ErrorSpec(
        400, False, "you", "Назовите класс так: 7А или 10-1", "Name the class like this: 7А or 10-1"
    ),
    "class_not_empty": ErrorSpec(
        409,
        False,
        "you",
        "В классе ещё есть ученики. Сначала переведите их",
        "The class still has students. Move them first",
    ),
    "class_required": ErrorSpec(400, False, "you", "Выберите класс", "Choose the class"),
    "class_closed": ErrorSpec(
        409,
        False,
        "administrator",
        "В этот класс заявки не принимают. Спросите в школе",
        "This class takes no applications. Ask the school",
    ),
    "locality_unknown": ErrorSpec(404, False, "you", "Такого населённого пункта нет", "There is no such place"),
    "school_admin_only": ErrorSpec(
        403,
        False,
        "administrator",
        "Это может только администратор школы. Обратитесь к нему",
        "Only the school's administrator can do this. Ask one",
    ),
    "class_teacher_only": ErrorSpec(
        403,
        False,
        "administrator",
        "Это могут классный руководитель этого класса и администратор школы",
        "The class teacher of this class and the school's administrator can do this",
    ),
    "role_unknown": ErrorSpec(404, False, "you", "Такой роли нет", "There is no such role"),
    "role_exists": ErrorSpec(409, False, "you", "Эта роль у человека уже есть", "The person has this role already"),
    "request_unknown": ErrorSpec(404, False, "you", "Такой заявки школы нет", "There is no such request"),
    "request_decided": ErrorSpec(
        409, False, "operator", "Эту заявку школы уже рассмотрели", "This request is decided already"
    ),
    "request_exists": ErrorSpec(
        409,
        False,
        "operator",
        "Ваша заявка №{number} ещё рассматривается",
        "Your request No. {number} is still waiting",
    ),
    # applications
    "application_unknown": ErrorSpec(404, False, "you", "Такой заявки нет", "There is no such application"),
    "application_exists": ErrorSpec(409, False, "you", "Заявка уже отправлена", "Already applied"),
    "already_member": ErrorSpec(409, False, "you", "Вы уже в этой школе", "You are already in this school"),
    "already_decided": ErrorSpec(409, False, "nobody", "Заявку уже рассмотрел(а) {name}", "{name} has already decided"),
    # families
    "parent_confirmation_needed": ErrorSpec(
        403,
        False,
        "you",
        "Регистрацию должен подтвердить родитель. Отправьте ему ссылку из профиля",
        "A parent must confirm the registration. Send the link from the profile",
    ),
    "consent_withdrawn": ErrorSpec(
        403,
        False,
        "administrator",
        "Родитель отозвал согласие, вход приостановлен. Поговорите с родителем или администратором школы",
        "A parent withdrew the consent, entry is suspended. Talk to the parent or to the school's administrator",
    ),
    "self_parent": ErrorSpec(
        409, False, "you", "Ребёнок не может стать родителем самому себе", "A child cannot become own parent"
    ),
    "parents_full": ErrorSpec(
        409,
        False,
        "administrator",
        "В профиле ребёнка уже есть два родителя. Отвязать одного может администратор школы",
        "The child already has two parents. The school's administrator can detach one",
    ),
    "parent_link_expired": ErrorSpec(
        410,
        False,
        "sender",
        "Срок действия ссылки истёк. Попросите ребёнка прислать новую",
        "The link has expired. Ask the child for a new one",
    ),
    "parent_too_young": ErrorSpec(
        403, False, "you", "Родителю должно быть не меньше 18 лет", "A parent is at least 18 years old"
    ),
    "parent_birth_date_needed": ErrorSpec(
        409, False, "you", "Сначала укажите в профиле дату рождения", "Give your birth date in the profile first"
    ),
    "consent_required": ErrorSpec(
        400, False, "you", "Отметьте согласие, чтобы подтвердить регистрацию", "Tick the consent to confirm"
    ),
    "consent_outdated": ErrorSpec(
        409,
        False,
        "you",
        "Текст согласия обновился. Прочитайте его ещё раз",
        "The text of the consent has changed. Read it again",
    ),
    "child_unknown": ErrorSpec(404, False, "you", "Такого ребёнка в вашем профиле нет", "Not a child of yours"),
    # profiles and lists
    "name_required": ErrorSpec(400, False, "you", "Укажите имя", "Enter the name"),
    "dob_invalid": ErrorSpec(400, False, "you", "Проверьте дату", "Check the date"),
    "dob_future": ErrorSpec(400, False, "you", "Дата ещё не наступила", "The date is in the future"),
    "block_self": ErrorSpec(400, False, "you", "Себя заблокировать нельзя", "You cannot block yourself"),
    "birth_date_locked": ErrorSpec(
        403,
        False,
        "administrator",
        "Дату рождения меняют родитель или администратор школы",
        "The birth date is changed by a parent or the school's administrator",
    ),
    "avatar_too_big": ErrorSpec(
        413, False, "you", "Картинка больше 10 МБ. Выберите другую", "The picture is over 10 MB. Choose another"
    ),
    "avatar_unreadable": ErrorSpec(
        415,
        False,
        "you",
        "Это не картинка JPEG, PNG или WebP. Выберите другую",
        "This is not a JPEG, PNG or WebP picture. Choose another",
    ),
    "list_unreadable": ErrorSpec(
        400,
        False,
        "you",
        "Файл не прочитать: нужен CSV с колонками ФИО, дата рождения, класс",
        "The file cannot be read: a CSV with name, birth date and class is needed",
    ),
    "list_too_long": ErrorSpec(
        413,
        False,
        "you",
        "В списке больше {limit} строк. Разделите его",
        "The list has over {limit} lines. Split it",
    ),
}
