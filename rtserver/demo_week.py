# ruff: noqa: E501 - what somebody says is one line here, however long
"""What the demo school says to each other in a week: rooms and lines as plain data. Writes nothing; ``demo`` does.

People go by short names: ``admin``, the teachers ``math``, ``russian``, ``biology``, pupils of 7А and parents by their
first name in Latin letters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from rtserver.wire.types import ChatKind

PUPILS = (
    "alexey", "maria", "dmitry", "anna", "ivan", "sofya", "artem", "polina", "egor", "darya", "nikita", "alisa", "timur",
    "vera", "fedor",
)  # fmt: skip
"""7А in the order of ``demo.STUDENTS``."""
TEACHERS = ("math", "russian", "biology")
PARENTS = ("marina", "sergey", "elena", "oleg")
"""In the order of ``demo.PARENTS``."""


class Said(NamedTuple):
    """One message. ``when``: «3d 08:12» is three days ago at 08:12 of the school's time, «14m» fourteen minutes ago.

    ``tag`` names it inside its room; ``to`` is the tag it answers; ``likes`` are «emoji name name, emoji name»;
    ``marks``: p pinned for all, s important for the first pupil.
    """

    when: str
    who: str
    text: str
    tag: str = ""
    to: str = ""
    likes: str = ""
    marks: str = ""


@dataclass(frozen=True)
class Room:
    """A chat with what was said. ``unread`` is how many of the last messages each of these people has not read yet."""

    kind: ChatKind
    title: str
    people: tuple[str, ...]
    said: tuple[Said, ...]
    unread: dict[str, int] = field(default_factory=dict)


WEEK: tuple[Room, ...] = (
    Room(
        "class",
        "7А",
        (*TEACHERS, *PUPILS),  # a school's administrator does not read class chats (D17)
        (
            Said("6d 08:05", "math", "Доброе утро, 7А! С началом новой недели ☀️", likes="☀️ maria anna sofya, 👍 ivan"),
            Said("6d 08:07", "math", "Расписание звонков на пятницу: уроки по 40 минут, после пятого — классный час.", marks="p"),
            Said("6d 14:31", "maria", "А сочинение по русскому сдавать завтра или в среду?", tag="essay"),
            Said("6d 14:40", "russian", "В среду, до конца дня. Объём — две страницы, тема свободная.", to="essay", likes="🙏 maria dmitry alexey"),
            Said("5d 12:20", "biology", "Для лабораторной принесите по листу комнатного растения. Подойдёт любое, кроме кактуса 🌵", likes="😂 timur egor nikita artem, 🌱 polina"),
            Said("5d 12:24", "timur", "А если дома только кактус?", tag="cactus"),
            Said("5d 12:25", "polina", "У меня фикус, могу поделиться листьями", to="cactus", likes="❤️ timur biology"),
            Said("4d 16:02", "dmitry", "Кто записал домашнее по алгебре? Я отвлёкся"),
            Said("4d 16:03", "anna", "№ 412, 415 и 418. И правило на странице 96 выучить", tag="algebra", likes="👍 dmitry alexey ivan vera"),
            Said("4d 16:05", "dmitry", "Спасибо, выручаешь!", to="algebra"),
            Said("3d 09:50", "math", "В четверг в школе отключат воду с 10 до 12 часов. Возьмите с собой питьевую.", marks="s"),
            Said("2d 18:15", "math", "Напоминаю: в пятницу экскурсия в Политехнический музей. Сбор в 9:15 у главного входа, с собой — сменная обувь и хорошее настроение.", tag="museum", likes="🎉 maria sofya alisa polina darya, 👍 alexey ivan fedor", marks="ps"),
            Said("2d 18:22", "sofya", "Ура, наконец-то экскурсия!", to="museum"),
            Said("2d 18:24", "fedor", "А фотографировать там можно?"),
            Said("2d 18:30", "math", "Можно, только без вспышки."),
            Said("1d 15:10", "math", "Контрольные проверила. Средний балл 4,2 — молодцы! Разберём ошибки завтра на первом уроке.", likes="🔥 alexey dmitry artem, ❤️ maria anna"),
            Said("1d 15:12", "artem", "А можно узнать свою оценку сегодня?"),
            Said("1d 15:20", "math", "Оценки уже в дневнике 🙂", likes="😱 artem egor"),
            Said("52m", "maria", "Я разобралась с восьмой задачей. Главное — не потерять минус:\n```\nx = -b / (2 * a)\nx = -6 / (2 * 3) = -1\n```", tag="minus", likes="👍 dmitry ivan alexey"),
            Said("47m", "dmitry", "Вот где я ошибся…", to="minus"),
            Said("41m", "alexey", "У меня тоже сошлось, спасибо, Маша!", likes="❤️ maria anna"),
            Said("33m", "ivan", "Завтра первый урок в кабинете 31, а не в 21"),
            Said("32m", "ivan", "Только что видел на доске объявлений"),
            Said("18m", "math", "Верно, спасибо, Ваня. Кабинет 31: в нём новая интерактивная доска.", likes="👍 maria anna sofya"),
            Said("9m", "anna", "Можно прийти пораньше и попробовать её?"),
            Said("6m", "math", "Конечно! Открою кабинет в 8:10."),
        ),
        {"alexey": 4, "maria": 2, "math": 1},
    ),
    Room(
        "group",
        "Олимпиада по математике 🏆",
        ("math", "alexey", "maria", "anna", "fedor"),
        (
            Said("5d 17:00", "math", "Ребята, вы в списке на муниципальный этап. Поздравляю!", likes="🎉 alexey maria anna fedor", marks="p"),
            Said("5d 17:02", "fedor", "Вау! А когда?"),
            Said("5d 17:05", "math", "Через две недели, в субботу. Разборы задач прошлых лет: https://olymp.example/arhiv/7"),
            Said("3d 19:40", "anna", "Кто решил третью за 2023 год? У меня выходит 17, но ответ подозрительно красивый"),
            Said("3d 19:52", "alexey", "У меня тоже 17. Через чётность получается быстрее", tag="even", likes="💡 anna fedor"),
            Said("3d 19:55", "maria", "Покажешь завтра на перемене?", to="even"),
            Said("1d 20:05", "math", "Вариант на выходные прикрепила к доске в кабинете. Жду решения в понедельник."),
            Said("41m", "fedor", "Алексей, как ты начал пятую?"),
            Said("26m", "maria", "Я бы начала с крайнего случая: пусть все монеты настоящие"),
        ),
        {"alexey": 2},
    ),
    Room(
        "group",
        "Проект по биологии 🌱",
        ("polina", "alexey", "maria", "timur"),
        (
            Said("5d 15:00", "polina", "Делим работу: Лёша — опыты, Маша — презентация, Тимур — кактус 🌵", likes="😂 alexey maria timur"),
            Said("5d 15:03", "timur", "Кактус согласен"),
            Said("3d 18:20", "alexey", "Фасоль проросла на четвёртый день. Замеры записал в тетрадь, завтра принесу", likes="🌱 polina maria"),
            Said("1d 19:12", "maria", "Презентация почти готова, осталось вставить график роста"),
            Said("1d 19:30", "polina", "Супер! Тогда встречаемся завтра после шестого урока у кабинета биологии"),
            Said("75m", "alexey", "Приду, захвачу линейку и фасоль", likes="👍 polina"),
        ),
    ),
    Room(
        "group",
        "Шахматы ♟️",
        ("alexey", "maria", "dmitry", "anna", "ivan"),
        (
            Said("4d 17:10", "alexey", "Кто идёт в среду на кружок?"),
            Said("4d 17:12", "dmitry", "Я и Ваня идём"),
            Said("4d 17:30", "anna", "Я тоже! Хочу реванш 😤", likes="🔥 alexey ivan"),
            Said("2d 18:40", "ivan", "Итог турнира: 1. Аня, 2. Лёша, 3. Дима", tag="cup", likes="🏆 anna alexey maria, 👏 dmitry"),
            Said("2d 18:41", "anna", "Реванш состоялся 😎", to="cup"),
            Said("64m", "dmitry", "В среду разбираем сицилианскую защиту"),
        ),
    ),
    Room(
        "direct",
        "",
        ("alexey", "math"),
        (
            Said("3d 15:02", "alexey", "Светлана Викторовна, здравствуйте! Можно уточнить по домашней? В задаче 7 не сходится ответ."),
            Said("3d 15:20", "math", "Здравствуй, Алексей! Проверь знак во второй строке. Должно получиться 24.", tag="sign"),
            Said("3d 15:31", "alexey", "Точно, потерял минус. Теперь сошлось, спасибо!", to="sign", likes="👍 math"),
            Said("1d 16:00", "math", "Отличная контрольная! Подумай о факультативе по вторникам.", likes="❤️ alexey", marks="s"),
            Said("1d 16:14", "alexey", "С удовольствием! Запишите меня, пожалуйста"),
            Said("22m", "math", "Записала. Ждём во вторник в 15:00, кабинет 31."),
        ),
        {"alexey": 1},
    ),
    Room(
        "direct",
        "",
        ("alexey", "maria"),
        (
            Said("2d 20:10", "maria", "Лёш, пришлёшь конспект по географии?"),
            Said("2d 20:12", "alexey", "Да, сейчас перепишу красиво"),
            Said("2d 20:25", "maria", "Можно и некрасиво 😄", likes="😂 alexey"),
            Said("1d 19:40", "alexey", "Держи: материки, литосферные плиты и почему землетрясения чаще на краях плит"),
            Said("1d 19:41", "maria", "Ты лучший!", likes="❤️ alexey"),
            Said("38m", "alexey", "Идёшь завтра пораньше смотреть новую доску?"),
            Said("36m", "maria", "👋"),
            Said("35m", "maria", "Иду! Встретимся в 8:05 у входа"),
        ),
    ),
    Room(
        "direct",
        "",
        ("alexey", "dmitry"),
        (
            Said("1d 21:02", "dmitry", "Сыграем партию вечером?"),
            Said("1d 21:05", "alexey", "Давай в девять, после домашки"),
            Said("1d 22:10", "dmitry", "Хорошая игра! Ферзя жалко"),
        ),
    ),
    Room(
        "group",
        "Футбол после уроков ⚽",
        ("dmitry", "alexey", "ivan", "artem", "egor", "nikita", "timur"),
        (
            Said("2d 16:30", "artem", "Завтра в четыре на школьном поле?"),
            Said("2d 16:33", "egor", "Я буду"),
            Said("2d 16:34", "nikita", "+1, возьму мяч", likes="👍 artem egor ivan"),
            Said("1d 17:45", "egor", "5:4! Лучший матч года", likes="⚽ artem nikita timur"),
            Said("58m", "nikita", "Кто забыл перчатки в раздевалке?"),
            Said("55m", "timur", "Похоже, мои. Забери, пожалуйста"),
            Said("54m", "artem", "В пятницу играем?"),
        ),
        {"alexey": 3},
    ),
    Room(
        "group",
        "Стенгазета",
        ("sofya", "alexey", "alisa", "vera"),
        (
            Said("4d 13:10", "sofya", "Номер к юбилею школы. Нужны два рассказа и комикс"),
            Said("4d 13:30", "vera", "Комикс на мне", likes="🎨 sofya alisa"),
            Said("2d 13:05", "alexey", "Рассказ про музей напишу после экскурсии"),
        ),
    ),
    Room(
        "direct",
        "",
        ("alexey", "biology"),
        (
            Said("5d 13:00", "alexey", "Ольга Павловна, можно взять для проекта микроскоп из кабинета?"),
            Said("5d 13:25", "biology", "Можно, в среду после уроков. Положу предметные стёкла рядом.", likes="🙏 alexey"),
        ),
    ),
    Room(
        "group",
        "Осенний кросс",
        ("egor", "alexey", "darya", "fedor"),
        (
            Said("6d 10:00", "egor", "Забег окончен, второе место у 7А!", likes="🥈 alexey darya fedor"),
            Said("6d 10:20", "darya", "Ноги не ходят, но настроение отличное"),
        ),
    ),
    Room(
        "direct",
        "",
        ("marina", "math"),
        (
            Said("3d 19:02", "marina", "Светлана Викторовна, добрый вечер! Как у Алёши дела с алгеброй?"),
            Said("3d 19:20", "math", "Добрый вечер, Марина Сергеевна! Очень хорошо: он в списке на олимпиаду.", likes="❤️ marina"),
            Said("3d 19:24", "marina", "Какая радость! Спасибо, что занимаетесь с ними."),
            Said("1d 18:00", "math", "Собрание — в следующий вторник, в 18:30, кабинет 31."),
            Said("44m", "marina", "Буду обязательно"),
        ),
        {"math": 1, "marina": 0},
    ),
    Room(
        "group",
        "Учительская",
        ("admin", *TEACHERS),
        (
            Said("4d 08:20", "admin", "Коллеги, педсовет в среду в 15:30. Повестка: итоги четверти и новая доска в кабинете 31.", marks="p"),
            Said("4d 08:31", "biology", "Буду. Возьму отчёт по проектам."),
            Said("2d 12:15", "russian", "Кто может подменить меня в пятницу на четвёртом уроке в 7Б?"),
            Said("2d 12:22", "biology", "Могу я: окно как раз", likes="🙏 russian"),
            Said("1d 09:00", "admin", "Напоминаю: журналы закрываем до пятницы."),
            Said("29m", "russian", "Журнал 7А заполнил. 7Б — завтра утром."),
        ),
        {"math": 1, "admin": 1},
    ),
)  # fmt: skip

PINNED: dict[str, tuple[str, ...]] = {
    "alexey": ("7А", "Олимпиада по математике 🏆", "math", "Проект по биологии 🌱", "Шахматы ♟️"),
    "math": ("7А", "Учительская", "marina"),
}
"""Pinned chats in their order: a title, or the other person of a direct chat."""
ARCHIVED: dict[str, tuple[str, ...]] = {"alexey": ("Осенний кросс", "biology")}
MUTED: dict[str, tuple[str, ...]] = {"alexey": ("Футбол после уроков ⚽",)}
