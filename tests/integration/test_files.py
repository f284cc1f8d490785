"""Files of messages: posted, waited for, forwarded, deleted, listed; who may read which bytes. On both databases."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from rtserver.config import load
from rtserver.files_cli import _check, _collect
from rtserver.wire import chat as w
from rtserver.wire.files import PostDropped
from storage.attachments import attach, unshared_blobs
from storage.db import Database
from storage.file_tables import attachment, file_usage
from storage.ids import parse_id, wire_id
from storage.verify import verify
from tests.file_house import FileHouse, code_of


@pytest_asyncio.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[FileHouse]:
    made = FileHouse(database, tmp_path / "blobs")
    await made.open()
    yield made
    await made.close()


async def posted(house: FileHouse, chat: str, nonce: str) -> w.MessagePosted:
    """The event of a post, once it is there."""
    async with asyncio.timeout(30):
        while True:
            for hint in house.told:
                if isinstance(hint.event, w.MessagePosted) and (hint.event.chat, hint.event.nonce) == (chat, nonce):
                    return hint.event
            house.heard.clear()
            await house.heard.wait()


async def test_a_message_carries_files(house: FileHouse) -> None:
    """R-90, E-7: finished files come in the event, in the history and in the log read anew; words are not needed."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    files = [await house.file(masha, os.urandom(size), f"{size}.bin") for size in (10, 20)]
    made = await house.do(
        masha, "message.post", chat=chat, text="", files=[one.id for one in files], nonce="nonce-post"
    )
    event = await posted(house, chat, "nonce-post")
    assert event.files == files
    assert [one.size for one in event.files] == [10, 20]
    page = await house.do(kolya, "message.history", chat=chat)
    assert page.messages[-1].files == files
    synced = await house.do(
        kolya, "sync", epoch=(await house.do(kolya, "chat.list")).epoch, chats=[{"chat": chat, "seq": made.seq - 1}]
    )
    assert next(one for one in synced.chats if one.chat == chat).events[0] == event
    again = await house.do(
        masha, "message.post", chat=chat, text="", files=[one.id for one in files], nonce="nonce-post"
    )
    assert again == made
    assert await house.refused(masha, "message.post", chat=chat, text="", nonce="nonce-post") == "nonce_reused"
    assert await house.refused(masha, "message.post", chat=chat, text="") == "message_empty"


async def test_what_a_post_may_not_name(house: FileHouse) -> None:
    """R-90, E-14: ten files, each once, each the author's own or one that they may read."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    mine = await house.file(masha, b"mine")
    for files, code in (
        ([mine.id] * 2, "attachment_twice"),
        ([str(number) for number in range(11)], "attachments_limit"),
        (["77"], "file_unknown"),
    ):
        assert await house.refused(masha, "message.post", chat=chat, text="x", files=files) == code
    assert await house.refused(kolya, "message.post", chat=chat, text="x", files=[mine.id]) == "file_unknown"
    part = (await house.begin(masha, 5, Upload_Concat="partial")).rpartition("/")[2]
    assert await house.refused(masha, "message.post", chat=chat, text="x", files=[part]) == "file_unknown"
    await house.do(masha, "message.post", chat=chat, text="", files=[mine.id])
    await house.do(kolya, "message.post", chat=chat, text="see", files=[mine.id])


async def test_a_post_waits_for_its_files_on_the_server(house: FileHouse) -> None:
    """R-90, J5: it gets its number, under its first nonce, when its last file is finished; later posts do not wait."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    done = await house.file(masha, b"done")
    address = await house.begin(masha, 4, "позже.txt")
    upload = address.rpartition("/")[2]
    fields = {"chat": chat, "text": "два файла", "files": [done.id, upload], "nonce": "nonce-waits"}
    made = await house.do(masha, "message.post", **fields)
    assert (made.seq, made.pending) == (0, True)
    assert (await house.do(masha, "message.post", **fields)).pending, "a retry waits too"
    listed = (await house.do(masha, "message.pending")).posts
    assert [(one.nonce, [f.id for f in one.files]) for one in listed] == [("nonce-waits", [done.id, upload])]
    assert (await house.do(kolya, "message.pending")).posts == []
    later = await house.do(masha, "message.post", chat=chat, text="текст идёт сразу")
    await house.send(masha, address, 0, b"body")
    event = await posted(house, chat, "nonce-waits")
    assert event.seq == later.seq + 1
    assert [(one.name, one.size) for one in event.files] == [("задание.txt", 4), ("позже.txt", 4)]
    assert (await house.do(masha, "message.pending")).posts == []
    assert (await house.do(masha, "message.post", **fields)).seq == event.seq


async def test_a_failed_file_fails_alone(house: FileHouse) -> None:
    """R-90: the rest of its message is posted; when nothing is left it is dropped, with word to its author."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    good, bad = await house.begin(masha, 4, "good"), await house.begin(masha, 4, "bad")
    for nonce, addresses, text in (
        ("nonce-both", (good, bad), ""),
        ("nonce-none", (bad,), ""),
        ("nonce-text", (bad,), "x"),
    ):
        files = [one.rpartition("/")[2] for one in addresses]
        await house.do(masha, "message.post", chat=chat, text=text, files=files, nonce=nonce)
    assert (await house.ask(masha, "DELETE", bad)).status == 204
    assert (await posted(house, chat, "nonce-text")).files == []
    dropped = [hint.event for hint in house.told if isinstance(hint.event, PostDropped)]
    assert [(one.nonce, one.error) for one in dropped] == [("nonce-none", "file_unknown")]
    await house.send(masha, good, 0, b"good")
    assert [one.name for one in (await posted(house, chat, "nonce-both")).files] == ["good"]


async def test_a_waiting_post_asks_the_rules_again(house: FileHouse) -> None:
    """D17: who was removed meanwhile posts nothing, and is told; a cancelled post never comes."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    addresses = [await house.begin(kolya, 1) for _ in range(2)]
    for nonce, address in zip(("nonce-gone", "nonce-back"), addresses, strict=True):
        await house.do(kolya, "message.post", chat=chat, text="x", files=[address.rpartition("/")[2]], nonce=nonce)
    await house.do(kolya, "message.pending_cancel", post="nonce-back")
    await house.do(masha, "chat.member.remove", chat=chat, account=wire_id(kolya))
    for address in addresses:
        await house.send(kolya, address, 0, b"x")
        await house.told_of(address.rpartition("/")[2])
    dropped = [hint.event for hint in house.told if isinstance(hint.event, PostDropped)]
    assert [(one.nonce, one.error) for one in dropped] == [("nonce-gone", "not_member")]
    assert not [hint for hint in house.told if isinstance(hint.event, w.MessagePosted)]


async def read(house: FileHouse, who: int | None, file: str) -> set[int]:
    """Statuses of every way to a file's bytes."""
    return {
        (await house.ask(who, method, f"/files/{file}", **headers)).status
        for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-0"}))
    }


async def test_bytes_are_for_members_while_they_are_members(house: FileHouse) -> None:
    """R-106, E-14: owner and members read; strangers, former members, other schools, later members of a group do not;
    a link is not enough, and a deleted message ends it for everybody.
    """
    masha, kolya, late = [await house.person("student", "7А") for _ in range(3)]
    stranger, foreign = await house.person("student", "7Б"), await house.person("admin", school="Другая")
    chat = await house.group(masha, [kolya])
    other = await house.group(masha, [late])
    file = await house.file(masha, b"bytes for members")
    assert await read(house, masha, file.id) == {200, 206}
    assert await read(house, kolya, file.id) == {404}, "not posted yet"
    message = await house.do(masha, "message.post", chat=chat, text="", files=[file.id])
    assert await read(house, kolya, file.id) == {200, 206}
    await house.do(masha, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    for who in (late, stranger, foreign):
        assert await read(house, who, file.id) == {404}
    assert await read(house, None, file.id) == {401}
    assert await read(house, kolya, "12345") == {404}
    assert await code_of(await house.ask(stranger, "GET", f"/files/{file.id}")) == "file_unknown"
    await house.do(masha, "message.forward", chat=chat, targets=[message.seq], to=[other])
    assert await read(house, late, file.id) == {200, 206}, "forwarded: its bytes are one file's"
    assert (await house.database.read(verify)).faults == []
    moved = await house.database.write(
        lambda c: c.execute(attachment.delete().where(attachment.c.chat_id == parse_id(chat)))
    )
    assert moved.rowcount == 1
    assert [one for one in (await house.database.read(verify)).faults if "attachments" in one]
    await house.database.write(lambda c: attach(c, parse_id(chat), message.seq, [parse_id(file.id)]))
    await house.do(masha, "chat.member.remove", chat=chat, account=wire_id(kolya))
    assert await read(house, kolya, file.id) == {404}
    copy = (await house.do(late, "message.history", chat=other)).messages[-1]
    assert copy.files == [file]
    await house.do(masha, "message.delete", chat=chat, targets=[message.seq], scope="everyone")
    assert await read(house, late, file.id) == {200, 206}, "the copy still holds it"
    await house.do(masha, "message.delete", chat=other, targets=[copy.seq], scope="everyone")
    assert await read(house, masha, file.id) == {404}, "the last message that held it is gone"
    assert (await house.do(late, "message.history", chat=other)).messages[-1].files == []
    assert await house.files.tidier.tidy() == 1
    assert not house.files.disk.blob(parse_id(file.id)).exists()


async def test_equal_content_is_stored_once_in_a_school(house: FileHouse) -> None:
    """E-9: shared bytes, own names; they go with the last file that stands for them. Another school has its own."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    foreign = await house.person("student", "7А", "Другая")
    data = os.urandom(100_000)
    files = [await house.file(who, data, f"{who}.bin") for who in (masha, kolya, foreign)]
    stored = [path for path in house.files.disk.every_file() if path.stat().st_size == len(data)]
    assert len(stored) == 2
    answers = [
        await (await house.ask(who, "GET", f"/files/{one.id}")).read()
        for who, one in zip((masha, kolya, foreign), files, strict=True)
    ]
    assert answers == [data] * 3
    await house.do(masha, "file.delete", file=files[0].id)
    assert await house.files.tidier.tidy() == 0
    assert await read(house, kolya, files[1].id) == {200, 206}
    await house.do(kolya, "file.delete", file=files[1].id)
    assert await house.files.tidier.tidy() == 1
    assert await house.database.read(lambda c: unshared_blobs(c, 10)) == []
    assert len(list(house.files.disk.every_file())) == 1


async def test_ranges_and_conditions(house: FileHouse) -> None:
    """E-9: one range, open ends, 416, ETag, If-Range: a changed file is given whole, never glued to the old one."""
    masha = await house.person("student", "7А")
    data = os.urandom(3_000_000)
    file = await house.file(masha, data, "Контрольная «7А».bin")
    path = f"/files/{file.id}"
    whole = await house.ask(masha, "GET", path)
    tag = whole.headers["ETag"]
    assert (whole.status, await whole.read()) == (200, data)
    assert whole.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''%D0%9A" in whole.headers["Content-Disposition"]
    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=2999990-", 2_999_990, 2_999_999),
        ("bytes=-5", 2_999_995, 2_999_999),
        ("bytes=10-9999999", 10, 2_999_999),
    ):
        part = await house.ask(masha, "GET", path, Range=asked, If_Range=tag)
        assert (part.status, await part.read()) == (206, data[first : last + 1])
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/3000000"
    changed = await house.ask(masha, "GET", path, Range="bytes=5-", If_Range='"another"')
    assert (changed.status, len(await changed.read())) == (200, len(data))
    beyond = await house.ask(masha, "GET", path, Range="bytes=3000000-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */3000000")
    assert (await house.ask(masha, "GET", path, If_None_Match=tag)).status == 304
    head = await house.ask(masha, "HEAD", path)
    assert (head.headers["Content-Length"], head.headers["Accept-Ranges"]) == ("3000000", "bytes")


async def test_lists_of_ones_own(house: FileHouse) -> None:
    """R-77, E-9: My documents: sent and saved, transfers, used space; gallery of a chat by kind (R-93)."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    file = await house.file(masha, b"12345", "Реферат.pdf")
    other = await house.file(masha, b"123", "прочее")
    made = await house.do(masha, "message.post", chat=chat, text="", files=[file.id])
    listed = await house.do(masha, "file.list", query="реф")
    assert [(one.file.id, one.chat, one.seq) for one in listed.files] == [(file.id, chat, made.seq)]
    assert (listed.used_bytes, listed.limit_bytes) == (8, house.settings.account_bytes)
    await house.do(masha, "file.save", file=other.id)
    assert [one.file.id for one in (await house.do(masha, "file.list", tab="saved")).files] == [other.id]
    assert (await house.do(kolya, "file.list")).files == []
    assert await house.refused(kolya, "file.save", file=file.id) == "file_unknown"
    assert await house.refused(masha, "file.delete", file=file.id) == "file_in_use"
    address = await house.begin(masha, 100, "долго.mp4")
    await house.send(masha, address, 0, b"x" * 40)
    transfers = (await house.do(masha, "file.transfers")).uploads
    assert [(one.name, one.offset, one.length, one.state) for one in transfers] == [("долго.mp4", 40, 100, "open")]
    page = await house.do(kolya, "message.attachments", chat=chat)
    assert [(one.seq, one.file.name) for one in page.items] == [(made.seq, "Реферат.pdf")]
    assert (await house.do(kolya, "message.attachments", chat=chat, kinds=["picture"])).items == []
    stranger = await house.person("student", "7Б")
    assert await house.refused(stranger, "message.attachments", chat=chat) == "not_member"


async def test_what_nobody_finishes_or_holds_goes(house: FileHouse) -> None:
    """E-9: unfinished uploads after 7 days with 410 and the number of days, files that no message holds too."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(masha, [kolya])
    kept, idle = await house.file(masha, b"kept"), await house.file(masha, b"idle")
    await house.do(masha, "message.post", chat=chat, text="", files=[kept.id])
    address = await house.begin(masha, 10)
    await house.do(masha, "message.post", chat=chat, text="", files=[address.rpartition("/")[2]], nonce="nonce-late")
    house.shift_ms += 6 * 86_400_000
    assert await house.files.tidier.tidy() == 0
    house.shift_ms += 2 * 86_400_000
    house.tokens.clear()
    assert await house.files.tidier.tidy() == 3, "upload, file, bytes"
    gone = await house.send(masha, address, 0, b"x")
    assert (gone.status, (await gone.json())["error"]["days"]) == (410, 7)
    assert await read(house, masha, idle.id) == {404}
    assert await read(house, kolya, kept.id) == {200, 206}
    dropped = [hint.event for hint in house.told if isinstance(hint.event, PostDropped)]
    assert [(one.nonce, one.error) for one in dropped] == [("nonce-late", "upload_expired")]
    assert (await house.do(masha, "file.list")).used_bytes == 4


async def test_the_operator_finds_and_removes_what_a_crash_left(house: FileHouse, database_url: str) -> None:
    """E-13: files without bytes are named, stray bytes and wrong counts are mended, what is held stays."""
    masha = await house.person("student", "7А")
    file = await house.file(masha, b"held")
    address = await house.begin(masha, 100)
    disk = house.files.disk
    stray = disk.blob(77)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"nobody's")
    os.utime(stray, (1, 1))
    await house.database.write(lambda c: c.execute(file_usage.update().values(used_bytes=1)))
    settings = load(None, {"RT_STORAGE__DATABASE": database_url, "RT_FILES__FOLDER": str(house.settings.folder)})
    report = await _check(settings)
    assert (report.files, report.missing, report.strays) == (1, [], [stray])
    assert masha in report.miscounted
    await _collect(settings)
    report = await _check(settings)
    assert (report.missing, report.strays, report.miscounted) == ([], [], [])
    assert (await house.do(masha, "file.list")).used_bytes == 104
    assert await house.offset(masha, address) == 0
    disk.blob(parse_id(file.id)).unlink()
    assert len((await _check(settings)).missing) == 1
