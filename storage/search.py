"""The search index: Python stems on both engines, written and erased in the writer's own transaction.

Keeps stems only, never the words. Beside its stems an entry has marks, which begin with ``_`` as no word of a text
does: who wrote it (``_a<account>``), where it stands (``_c<number>``, PostgreSQL alone) and what is in it (``_klink``).

On SQLite an entry's id is ``number << SEQ_BITS | seq``: the entries of one chat stand together in the order of its
log, so a question about one chat, or a part of it, reads nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import Stemmer
from sqlalchemy import Connection, select, text

from .db import sqlite_driver, upsert
from .tables import message_body, search_chat, search_row

_WORD = re.compile(r"[^\W_]+")
_LINK = re.compile(r"\b(?:https?://|www\.)[^\s.]", re.IGNORECASE)
_russian = Stemmer.Stemmer("russian", 0)
_english = Stemmer.Stemmer("english", 0)
STEM_MAX_CHARS = 40
STEMS_MAX = 1_000
"""A text of 4,000 characters has fewer words; a bound all the same."""
SEQ_BITS = 37
"""Of SQLite's 63: 10¹¹ entries in a chat, 67 million chats."""


class Entry(NamedTuple):
    """A message to be indexed."""

    chat: int
    seq: int
    author: int
    text: str


@lru_cache(65_536)  # a school's living vocabulary; about 10 MiB when full
def stem(word: str) -> str:
    """The stem of a folded word: Russian when it has a Cyrillic letter, else English."""
    cyrillic = any("а" <= letter <= "я" for letter in word)
    return str((_russian if cyrillic else _english).stemWord(word))[:STEM_MAX_CHARS]


def fold(words: str) -> str:
    return words.casefold().replace("ё", "е")


def words_of(text: str) -> list[str]:
    """The words of a text as they are written, in order."""
    return _WORD.findall(text)


def stems(text: str) -> list[str]:
    """Stems of a text in order, at most ``STEMS_MAX``."""
    return [stem(word) for word in _WORD.findall(fold(text))[:STEMS_MAX]]


def author_mark(account: int) -> str:
    return f"_a{account}"


def kind_mark(kind: str) -> str:
    return f"_k{kind}"


def chat_mark(number: int) -> str:
    return f"_c{number}"


def tokens(author: int, text: str) -> list[str]:
    """All that an entry is found by: the same for the same message, since FTS5 wants them back at its erasure."""
    marks = [author_mark(author)]
    if _LINK.search(text):
        marks.append(kind_mark("link"))
    return [*marks, *stems(text)]


def chat_numbers(connection: Connection, chats: Collection[int], *, make: bool = False) -> dict[int, int]:
    """The index's own number of each chat; of those that have none yet only with ``make``."""
    wanted = sorted(set(chats))
    c = search_chat.c
    query = select(c.chat_id, c.number).where(c.chat_id.in_(wanted))
    found = {row.chat_id: row.number for row in connection.execute(query)}
    missing = [chat for chat in wanted if chat not in found]
    if make and missing:
        rows = [{"chat_id": chat} for chat in missing]
        connection.execute(upsert(connection, search_chat).on_conflict_do_nothing(), rows)
        found = {row.chat_id: row.number for row in connection.execute(query)}
    return found


def index_posts(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries, in bulk. The caller holds the lock of their chats."""
    if not entries:
        return
    numbers = chat_numbers(connection, {entry.chat for entry in entries}, make=True)
    driver = sqlite_driver(connection)
    if driver is not None:
        # ascending ids: FTS5 writes a segment whenever one is below the last
        numbered = sorted((numbers[e.chat] << SEQ_BITS | e.seq, e) for e in entries)
        driver.executemany(
            "INSERT INTO search_row(id, chat_id, seq) VALUES (?, ?, ?)", [(n, e.chat, e.seq) for n, e in numbered]
        )
        driver.executemany(
            "INSERT INTO search_fts(rowid, stems) VALUES (?, ?)",
            [(n, " ".join(tokens(e.author, e.text))) for n, e in numbered],
        )
    else:
        connection.execute(
            text(
                "INSERT INTO search_row(chat_id, seq, stems)"
                " VALUES (:chat, :seq, array_to_tsvector(CAST(:stems AS text[])))"
            ),
            [
                {
                    "chat": e.chat,
                    "seq": e.seq,
                    "stems": sorted({chat_mark(numbers[e.chat]), *tokens(e.author, e.text)}),
                }
                for e in entries
            ],
        )


def erase_posts(connection: Connection, chat_id: int, posts: Iterable[tuple[int, int, int]]) -> None:
    """Take ``(seq, author, body_seq)`` posts out. Call before their bodies are erased: FTS5 wants the old stems back.

    FTS5 only notes that they are gone: ``storage.sweep`` takes the stems themselves out of its segments.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO instance(key, value) VALUES ('search_sweep', 'due')"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
    for seq, author, body_seq in posts:
        found = connection.execute(
            select(search_row.c.id).where(search_row.c.chat_id == chat_id, search_row.c.seq == seq)
        ).scalar()
        if found is None:  # not indexed yet: ``storage.reindex`` is at work
            continue
        if connection.dialect.name == "sqlite":
            body = connection.execute(
                select(message_body.c.body).where(message_body.c.chat_id == chat_id, message_body.c.seq == body_seq)
            ).scalar_one()
            connection.exec_driver_sql(
                "INSERT INTO search_fts(search_fts, rowid, stems) VALUES ('delete', ?, ?)",
                (found, " ".join(tokens(author, body))),
            )
        connection.execute(search_row.delete().where(search_row.c.id == found))
