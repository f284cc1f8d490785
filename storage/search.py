"""The search index: Python stems on both engines, written and erased in the writer's own transaction.

Finds nothing by itself yet: the search command comes with its screens. Keeps stems only, never the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import Stemmer
from sqlalchemy import Connection, select, text

from .db import sqlite_driver
from .tables import message_body, search_row

_WORD = re.compile(r"[^\W_]+")
_russian = Stemmer.Stemmer("russian", 0)
_english = Stemmer.Stemmer("english", 0)
STEM_MAX_CHARS = 40
STEMS_MAX = 1_000
"""A text of 4,000 characters has fewer words; a bound all the same."""


@lru_cache(65_536)  # a school's living vocabulary; about 10 MiB when full
def stem(word: str) -> str:
    """The stem of a folded word: Russian when it has a Cyrillic letter, else English."""
    cyrillic = any("а" <= letter <= "я" for letter in word)
    return str((_russian if cyrillic else _english).stemWord(word))[:STEM_MAX_CHARS]


def fold(words: str) -> str:
    return words.casefold().replace("ё", "е")


def stems(words: str) -> list[str]:
    """Stems of a text in order, at most ``STEMS_MAX``."""
    return [stem(word) for word in _WORD.findall(fold(words))[:STEMS_MAX]]


def index_posts(connection: Connection, posts: Sequence[tuple[int, int, str]]) -> None:
    """Add ``(chat_id, seq, text)`` rows, in bulk."""
    if not posts:
        return
    driver = sqlite_driver(connection)
    if driver is not None:
        (top,) = driver.execute("SELECT coalesce(max(id), 0) FROM search_row").fetchone()
        numbered = list(enumerate(posts, top + 1))
        driver.executemany(
            "INSERT INTO search_row(id, chat_id, seq) VALUES (?, ?, ?)",
            [(number, chat, seq) for number, (chat, seq, _) in numbered],
        )
        driver.executemany(
            "INSERT INTO search_fts(rowid, stems) VALUES (?, ?)",
            [(number, " ".join(stems(words))) for number, (_, _, words) in numbered],
        )
    else:
        connection.execute(
            text(
                "INSERT INTO search_row(chat_id, seq, stems)"
                " VALUES (:chat, :seq, array_to_tsvector(CAST(:stems AS text[])))"
            ),
            [{"chat": chat, "seq": seq, "stems": sorted(set(stems(words)))} for chat, seq, words in posts],
        )


def erase_posts(connection: Connection, chat_id: int, posts: Iterable[tuple[int, int]]) -> None:
    """Take ``(seq, body_seq)`` posts out. Call before their bodies are erased: FTS5 wants the old stems back.

    FTS5 only notes that they are gone: ``storage.sweep`` takes the stems themselves out of its segments.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO instance(key, value) VALUES ('search_sweep', 'due')"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
    for seq, body_seq in posts:
        found = connection.execute(
            select(search_row.c.id).where(search_row.c.chat_id == chat_id, search_row.c.seq == seq)
        ).scalar()
        if found is None:
            continue
        if connection.dialect.name == "sqlite":
            body = connection.execute(
                select(message_body.c.body).where(message_body.c.chat_id == chat_id, message_body.c.seq == body_seq)
            ).scalar_one()
            connection.exec_driver_sql(
                "INSERT INTO search_fts(search_fts, rowid, stems) VALUES ('delete', ?, ?)",
                (found, " ".join(stems(body))),
            )
        connection.execute(search_row.delete().where(search_row.c.id == found))
