"""A demo school in a new database: people, classes, families, and a week of chats, made through the real services."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update

from rtserver.actor import Actor
from rtserver.auth.sessions import add_account, add_signin_link, renew_signin_links
from rtserver.bus.memory import MemoryBus
from rtserver.chat.members import direct_key, make_chat
from rtserver.chat.posting import Post
from rtserver.chat.service import ChatService
from rtserver.chat.work import Work
from rtserver.clock import now_ms
from rtserver.config import Settings
from rtserver.school.enrol import enrol
from rtserver.wire import chat as w
from rtserver.wire.types import ChatRole, SchoolRole
from storage import tables as t
from storage.db import Database
from storage.ids import wire_id

SCHOOL = "Гимназия №1"
Person = tuple[str, str]
ADMINISTRATOR: Person = ("Ирина", "Соколова")
OPERATOR: Person = ("Павел", "Орлов")
TEACHERS: list[tuple[str, str, str]] = [
    ("Светлана", "Дмитриева", "Математика"),
    ("Андрей", "Кузнецов", "Русский язык"),
    ("Ольга", "Белова", "Биология"),
]
STUDENTS: dict[str, list[Person]] = {
    "7А": [
        ("Алексей", "Петров"), ("Мария", "Иванова"), ("Дмитрий", "Смирнов"), ("Анна", "Кузьмина"), ("Иван", "Попов"),
        ("Софья", "Лебедева"), ("Артём", "Козлов"), ("Полина", "Новикова"), ("Егор", "Морозов"), ("Дарья", "Волкова"),
        ("Никита", "Соловьёв"), ("Алиса", "Васильева"), ("Тимур", "Зайцев"), ("Вера", "Павлова"), ("Фёдор", "Семёнов"),
    ],
    "7Б": [
        ("Кирилл", "Голубев"), ("Ксения", "Виноградова"), ("Максим", "Богданов"), ("Ева", "Воробьёва"),
        ("Лев", "Фёдоров"),
        ("Арина", "Михайлова"), ("Роман", "Беляев"), ("Милана", "Тарасова"), ("Глеб", "Белов"), ("Таисия", "Комарова"),
        ("Марк", "Орехов"), ("Варвара", "Киселёва"), ("Степан", "Макаров"), ("Ульяна", "Андреева"), ("Илья", "Ковалёв"),
    ],
}  # fmt: skip
PARENTS: list[tuple[str, str, int]] = [
    ("Марина", "Петрова", 0),
    ("Сергей", "Петров", 0),
    ("Елена", "Иванова", 1),
    ("Олег", "Смирнов", 2),
]
"""First name, last name, index of the child in 7А."""

CLASS_LINES = [
    "Доброе утро! Завтра контрольная, возьмите линейку и циркуль 📐",
    "А какие параграфы повторять?",
    "С 12 по 15, особенно задачи на проценты",
    "Спасибо!",
    "Кто записал домашнее задание по русскому?",
    "Упражнение 148, и выучить правило на странице 63",
    "Я болею, пришлите, пожалуйста, конспект",
    "Выздоравливай! Сейчас сфотографирую",
    "Напоминаю: в пятницу экскурсия в музей, сбор в 9:15 у входа",
    "Можно прийти со сменной обувью?",
    "Да, обязательно",
    "Ура, наконец-то экскурсия 🎉",
    "Тетради проверены, раздам на первом уроке",
    "Столовая завтра работает до 14:00",
    "У кого есть запасная ручка на контрольную?",
    "У меня две, поделюсь",
    "Кто идёт на шахматный кружок?",
    "Я и Дима идём",
    "Встречаемся после шестого урока у кабинета 21",
    "Не забудьте дневники на подпись",
]
DIRECT_LINES = [
    "Здравствуйте! Можно уточнить по домашнему заданию?",
    "Здравствуйте, конечно. Что именно не получилось?",
    "Задача 7: не сходится ответ",
    "Проверьте знак во второй строке. Должно получиться 24",
    "Точно, теперь сошлось. Спасибо большое!",
    "Отлично 👍",
]


async def is_empty(settings: Settings) -> bool:
    database = Database(settings.storage.database)
    try:
        return await database.read(_no_accounts)
    finally:
        await database.close()


def _no_accounts(connection: Connection) -> bool:
    return connection.execute(select(func.count()).select_from(t.account)).scalar_one() == 0


async def demo_links(settings: Settings, *, only_when_empty: bool) -> list[str]:
    """Fill the database and give its sign-in links; fresh links when it is a demo already, nothing for any other."""
    database = Database(settings.storage.database)
    try:
        if only_when_empty and not await database.read(_no_accounts):
            renewed = await database.write(lambda connection: renew_signin_links(connection, now_ms()))
            return _shown(settings, renewed)
        chats = ChatService(database, MemoryBus(), now_ms, settings.chat.limits())
        chats.start()
        try:
            people = await database.write(lambda connection: _people(connection, now_ms()))
            await _chats(chats, people, now_ms())
        finally:
            await chats.close()
        tokens = await database.write(lambda connection: _links(connection, people, now_ms()))
    finally:
        await database.close()
    return _shown(settings, tokens)


def _shown(settings: Settings, tokens: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{label:<34} http://localhost:{settings.server.port}/demo/{token}" for label, token in tokens]


def _people(connection: Connection, now: int) -> dict[str, list[int]]:
    """Accounts by what they are; rows of roles and families."""

    def person(first: str, last: str, role: SchoolRole, klass: str = "", subject: str = "") -> int:
        account = add_account(connection, first, last, now)
        enrol(connection, account, role, "" if role in ("operator", "parent") else SCHOOL, klass, subject, now)
        return account

    people: dict[str, list[int]] = {
        "operator": [person(*OPERATOR, "operator")],
        "admin": [person(*ADMINISTRATOR, "admin")],
        "teachers": [person(first, last, "teacher", "7А", subject) for first, last, subject in TEACHERS],
    }
    for index, klass in enumerate(STUDENTS):
        enrol(connection, people["teachers"][index], "class_teacher", SCHOOL, klass, "", now)
    for account, (_, _, subject) in zip(people["teachers"], TEACHERS, strict=True):
        enrol(connection, account, "teacher", SCHOOL, "7Б", subject, now)
    for klass, names in STUDENTS.items():
        people[klass] = [person(first, last, "student", klass) for first, last in names]
    people["parents"] = []
    for first, last, child in PARENTS:
        parent = person(first, last, "parent")
        connection.execute(
            insert(t.parent_child).values(parent_id=parent, child_id=people["7А"][child], confirmed_ms=now)
        )
        people["parents"].append(parent)
    # Москва of the shipped list: the school is found by its place, too
    connection.execute(update(t.school).values(locality_id=524901, place="Москва"))
    connection.execute(insert(t.instance).values(key="demo", value="1"))
    return people


async def _chats(service: ChatService, people: dict[str, list[int]], now: int) -> None:
    chance = random.Random(7)  # noqa: S311 - the same demo every time
    teachers = people["teachers"]
    start = _week_ago(now)
    rooms: list[tuple[int, list[int], Sequence[str]]] = []
    for klass in STUDENTS:
        leader = teachers[list(STUDENTS).index(klass)]
        members: list[tuple[int, ChatRole]] = [
            (leader, "admin"),  # the class teacher; a school's administrator does not read class chats (D17)
            *((teacher, "teacher") for teacher in teachers if teacher != leader),
            *((student, "member") for student in people[klass]),
        ]
        chat = await _make(service, "class", klass, people["admin"][0], members, start, history_for_new=True)
        await service.run(partial(_link, klass=klass, chat=chat))
        rooms.append((chat, [*teachers, *people[klass]], CLASS_LINES))
    staff = [people["admin"][0], *teachers]
    roles: list[tuple[int, ChatRole]] = [(staff[0], "admin"), *((one, "member") for one in staff[1:])]
    rooms.append((await _make(service, "group", "Учительская", staff[0], roles, start), staff, CLASS_LINES[8:16]))
    friends = people["7А"][:5]
    roles = [(friends[0], "admin"), *((one, "member") for one in friends[1:])]
    rooms.append((await _make(service, "group", "Шахматы ♟️", friends[0], roles, start), friends, CLASS_LINES[14:]))
    for one, other in ((friends[0], teachers[0]), (people["parents"][0], teachers[0]), (friends[0], friends[1])):
        pair: list[tuple[int, ChatRole]] = [(one, "member"), (other, "member")]
        chat = await _make(service, "direct", "", one, pair, start, direct_key=direct_key(one, other))
        rooms.append((chat, [one, other], DIRECT_LINES))
    for chat, members_of, lines in rooms:
        await _talk(service, chance, chat, members_of, lines, start, now)


def _week_ago(now: int) -> int:
    """Eight in the morning of the school's day a week ago."""
    day = datetime.fromtimestamp(now / 1000, ZoneInfo("Europe/Moscow")) - timedelta(days=7)
    return int(day.replace(hour=8, minute=0, second=0, microsecond=0).timestamp() * 1000)


def _link(work: Work, klass: str, chat: int) -> None:
    """The class knows its chat: whoever enters the class enters it."""
    k = t.school_class.c
    work.connection.execute(update(t.school_class).where(k.name == klass).values(chat_id=chat))


async def _make(
    service: ChatService,
    kind: Any,
    title: str,
    actor: int,
    members: list[tuple[int, ChatRole]],
    ts: int,
    **more: Any,
) -> int:
    def task(work: Work) -> int:
        return make_chat(work, kind, title, actor, members, ts=ts, **more).id

    chat: int = await service.run(task)
    return chat


async def _talk(
    service: ChatService,
    chance: random.Random,
    chat: int,
    people: list[int],
    lines: Sequence[str],
    start: int,
    now: int,
) -> None:
    """A few lines a day over the week, with replies, reactions, and read marks that lag behind."""
    handlers = service.handlers()
    step = (now - start - 3_600_000) // (len(lines) + 1)
    posts: list[int] = []
    for number, line in enumerate(lines):
        author = people[number % 2] if len(people) == 2 else chance.choice(people)
        reply = posts[-1] if posts and number % 5 == 2 else None
        ts = start + step * (number + 1) + chance.randrange(600_000)
        posted = await service.post(Post(chat, author, f"demo-{chat}-{number}", line, reply, ts=min(ts, now - 60_000)))
        posts.append(posted.seq)
    for target in posts[1::4]:
        for fan in chance.sample(people, min(2, len(people))):
            react = w.MessageReact(chat=wire_id(chat), target=target, emoji=chance.choice(["👍", "❤️", "🎉"]))
            await handlers[w.MessageReact](Actor(fan, 0), react)
    for person in people:
        if chance.random() < 0.6:
            read = w.MessageRead(chat=wire_id(chat), seq=max(0, posts[-1] - chance.randrange(6)))
            await handlers[w.MessageRead](Actor(person, 0), read)


def _links(connection: Connection, people: dict[str, list[int]], now: int) -> list[tuple[str, str]]:
    chosen = [
        ("Ученик: Алексей Петров, 7А", people["7А"][0]),
        ("Ученица: Мария Иванова, 7А", people["7А"][1]),
        ("Учитель: Светлана Дмитриева", people["teachers"][0]),
        ("Родитель: Марина Петрова", people["parents"][0]),
        ("Администратор: Ирина Соколова", people["admin"][0]),
        ("Оператор: Павел Орлов", people["operator"][0]),
    ]
    return [(label, add_signin_link(connection, account, label, now)) for label, account in chosen]
