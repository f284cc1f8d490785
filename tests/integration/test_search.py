"""Search (R-92, E-6) and the jump to a date, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

import storage.finding
from storage.ids import wire_id
from storage.reindex import clear, is_due, reindex
from storage.verify import verify
from tests.house import House


async def texts(house: House, who: int, query: str = "", **fields: Any) -> list[str]:
    """Texts of the results, over all pages."""
    found: list[str] = []
    page = ""
    while True:
        result = await house.do(who, "message.search", query=query, page=page, **fields)
        found += [item.message.text for item in result.items]
        if result.next is None:
            return found
        page = result.next


async def say(house: House, who: int, chat: str, text: str) -> int:
    return int((await house.do(who, "message.post", chat=chat, text=text)).seq)


async def test_forms_of_words_and_beginnings(house: House) -> None:
    """R-92, E-6: «тетради» finds «тетрадь», ё is е, English too; the last word as far as it is typed; all words."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    for text in ("Принесите тетрадь и книгу", "Ёлка в актовом зале", "Read two chapters", "книга без картинок"):
        await say(house, teacher, chat, text)
    assert await texts(house, student, "тетради ", chat=chat) == ["Принесите тетрадь и книгу"]
    assert await texts(house, student, "елку ") == ["Ёлка в актовом зале"]
    assert await texts(house, student, "reading chapter ") == ["Read two chapters"]
    assert await texts(house, student, "книги ") == ["книга без картинок", "Принесите тетрадь и книгу"]
    assert await texts(house, student, "тетр") == ["Принесите тетрадь и книгу"]
    assert await texts(house, student, "тетр ") == [], "a space ends the word"
    assert await texts(house, student, "книги тет") == ["Принесите тетрадь и книгу"]
    assert await texts(house, student, "тетради картинки ") == []
    hit = (await house.do(student, "message.search", query="книги тет", chat=chat)).items[0]
    assert hit.words == ["тетрадь", "книгу"]
    assert await house.refused(student, "message.search", query=" !?") == "search_empty"
    assert await house.refused(student, "message.search", query="а", page="вчера") == "bad_request"
    for hostile in ('" OR stems:*', "NEAR(книга)", "книга' | 'x", "*", "_a1 _klink", "\\'книга:*"):
        await house.do(student, "message.search", query=hostile + " книга")


async def test_only_what_the_reader_may_see(house: House) -> None:
    """R-92, E-14, D8: strangers, parents, other classes, before joining, after leaving, hidden for me, deleted."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    late, other = await house.person("student", "7А"), await house.person("student", "7Б")
    parent, stranger = await house.person("parent"), await house.person("student", "7А", school="Чужая")
    chat = await house.group(teacher, [student])
    first = await say(house, teacher, chat, "экскурсия в музей")
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    second = await say(house, teacher, chat, "экскурсия отменяется")
    assert await texts(house, late, "экскурсию ") == ["экскурсия отменяется"]
    for outsider in (other, parent, stranger):
        assert await texts(house, outsider, "экскурсию ") == []
        assert await house.refused(outsider, "message.search", query="экскурсия", chat=chat) == "not_member"
        assert await house.refused(outsider, "message.at", chat=chat, ts=0) == "not_member"
    assert await house.refused(student, "message.search", query="экскурсия", chat="1") == "chat_unknown"
    await house.do(student, "message.delete", chat=chat, targets=[first], scope="me")
    assert await texts(house, student, "экскурсия", chat=chat) == ["экскурсия отменяется"]
    assert await texts(house, student, "экскурсия") == ["экскурсия отменяется"]
    assert (await house.do(student, "message.search", query="экскурсия", chat=chat)).total == 1
    await house.do(teacher, "message.delete", chat=chat, targets=[second], scope="everyone")
    for who in (teacher, student, late):
        assert await texts(house, who, "отменяется") == []
    assert await texts(house, teacher, "экскурсия") == ["экскурсия в музей"]
    await house.do(teacher, "message.edit", chat=chat, target=first, text="поездка в музей")
    assert await texts(house, teacher, "экскурсия") == []
    assert await texts(house, teacher, "поездки ") == ["поездка в музей"]
    await house.do(teacher, "chat.member.remove", chat=chat, account=wire_id(late))
    assert await texts(house, late, "экскурсия") == []
    assert (await house.database.read(verify)).faults == []


async def test_author_kind_and_dates(house: House) -> None:
    """E-6: by author, by kind, by date, each alone or together; an author that does not exist finds nothing."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    start = house.now()
    await say(house, teacher, chat, "сайт https://школа.рф/план")
    house.shift_ms += 86_400_000
    await say(house, student, chat, "сайт не открывается")
    house.shift_ms += 86_400_000
    last = await say(house, student, chat, "вот сайт www.example.org")
    day = 86_400_000
    assert await texts(house, teacher, "сайты ", author=wire_id(teacher)) == ["сайт https://школа.рф/план"]
    assert await texts(house, teacher, kind="link") == ["вот сайт www.example.org", "сайт https://школа.рф/план"]
    assert await texts(house, teacher, author=wire_id(student), kind="link") == ["вот сайт www.example.org"]
    assert await texts(house, teacher, "сайт", since=start + day // 2) == [
        "вот сайт www.example.org",
        "сайт не открывается",
    ]
    assert await texts(house, teacher, "сайт", until=start + day // 2, chat=chat) == ["сайт https://школа.рф/план"]
    between = {"since": start + day // 2, "until": start + day + day // 2}
    assert await texts(house, teacher, "сайт", **between) == ["сайт не открывается"]
    assert await texts(house, teacher, author="nobody") == []
    assert (await house.do(student, "message.at", chat=chat, ts=start + day + day // 2)).seq == last
    assert (await house.do(student, "message.at", chat=chat, ts=0)).seq == 4, "the first message after who came in"
    assert (await house.do(student, "message.at", chat=chat, ts=house.now() + day)).seq is None


@pytest.mark.parametrize("bounds", [(2_000, 1_000, 16_000), (5, 4, 12)], ids=["whole", "walked"])
async def test_pages_hold_everything_once(house: House, monkeypatch: pytest.MonkeyPatch, bounds: Any) -> None:
    """R-92, E-6: keyset pages over one chat and over all, newest first, also of one millisecond; a jump has neighbours.

    ``walked``: the index has more than may be fetched at once, and the page says where it stopped.
    """
    for name, value in zip(("PROBE_MAX", "WALK_FIRST", "WALK_MAX"), bounds, strict=True):
        monkeypatch.setattr(storage.finding, name, value)
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chats = [await house.group(teacher, [student], f"Г{n}") for n in range(3)]
    said: list[str] = []
    seqs: dict[str, int] = {}
    for n in range(45):
        text = f"задача {n}" if n % 5 < 2 else f"прочее {n}"
        seqs[text] = await say(house, teacher, chats[n * 7 % 3], text)
        said += [text] * text.startswith("задача")
    copied = [seqs[text] for text in seqs if seqs[text] and text in said and int(text.split()[1]) * 7 % 3 == 0]
    await house.do(teacher, "message.forward", chat=chats[0], targets=copied, to=[chats[1]])
    in_one = [text for text in said if int(text.split()[1]) * 7 % 3 == 0]
    for limit in (1, 4, 50):
        found = await texts(house, student, "задачу ", limit=limit)
        assert sorted(found) == sorted(said + in_one)
        assert found[len(in_one) :] == said[::-1]
        assert await texts(house, student, "задачу ", chat=chats[0], limit=limit) == in_one[::-1]
    page = await house.do(student, "message.search", query="задача", chat=chats[0], limit=2)
    assert page.total in (len(in_one), None)
    assert page.total is not None or bounds[0] == 5, "so few are always counted"
    hit = page.items[-1].message
    around = await house.do(student, "message.history", chat=chats[0], around=hit.seq, limit=5)
    assert hit in around.messages
    assert len(around.messages) == 5


async def test_the_index_is_made_anew_beside_a_living_server(house: House) -> None:
    """R-92: ``rtserver admin reindex``; what is posted, edited and deleted meanwhile is right afterwards."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [await say(house, teacher, chat, f"урок {n}") for n in range(30)]
    await house.database.write(clear)
    assert await house.database.read(is_due)
    assert await texts(house, student, "уроки ") == []
    await say(house, teacher, chat, "урок 30")
    await house.do(teacher, "message.delete", chat=chat, targets=[seqs[3]], scope="everyone")
    await house.do(teacher, "message.edit", chat=chat, target=seqs[4], text="перемена")
    assert await reindex(house.database, rest=0) == 1
    assert await reindex(house.database, rest=0) == 1, "again changes nothing"
    assert not await house.database.read(is_due)
    wanted = [f"урок {n}" for n in range(31) if n not in (3, 4)]
    assert await texts(house, student, "уроки ") == wanted[::-1]
    assert await texts(house, student, "перемены ") == ["перемена"]
    assert (await house.database.read(verify)).faults == []
