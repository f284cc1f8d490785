"""The hot path: posts of a whole batch decided, numbered and written in a handful of statements. Edits nothing."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from rtserver.bus.base import Hint, chat_stream
from rtserver.wire.chat import MessagePosted, MessagePosting
from rtserver.wire.errors import AppError
from rtserver.wire.types import Forwarded
from storage import tables as t
from storage.db import bulk_insert
from storage.events import POSTED, EventRow, body_commitment, new_salt, new_salts, post_facts
from storage.ids import wire_id
from storage.posts import absent_members, earlier_posts
from storage.search import index_posts
from storage.writer import Outcome

from .loads import living_message, other_of_direct
from .rules import check_text
from .work import Head, Work

MayWrite = Callable[[Connection, int, int], AppError | None]
_POST_HEAD = struct.Struct(">qq")
_BODY = ("chat_id", "seq", "salt", "body")
_MESSAGE = (
    "chat_id",
    "seq",
    "author",
    "nonce",
    "request_hash",
    "ts_ms",
    "post_no",
    "reply_to",
    "forwarded_author",
    "forwarded_name",
    "forwarded_ms",
    "body_seq",
)


@dataclass(frozen=True, slots=True)
class Post:
    """One text for one chat. ``ts`` backdates it (demo and imports only)."""

    chat: int
    author: int
    nonce: str
    text: str
    reply_to: int | None = None
    forwarded: Forwarded | None = None
    forwarded_author: int | None = None
    ts: int | None = None


def request_hash(*parts: object) -> bytes:
    """16 bytes that tell the same request from another one under the same nonce."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


def post_hash(chat: int, reply_to: int | None, text: bytes) -> bytes:
    """``request_hash`` of a post: the numbers are of fixed length, so no two posts spell the same bytes."""
    return hashlib.blake2b(_POST_HEAD.pack(chat, reply_to or 0) + text, digest_size=16).digest()


class Bulk:
    """Rows of a batch's posts, written together."""

    def __init__(self, work: Work, count: int = 0) -> None:
        """``count`` posts are expected; more may come."""
        self._work = work
        self._salts = new_salts(count)
        self._events: list[EventRow] = []
        self._bodies: list[tuple[Any, ...]] = []
        self._messages: list[tuple[Any, ...]] = []
        self._index: list[tuple[int, int, str]] = []

    def add(self, head: Head, post: Post, words: bytes, request: bytes) -> MessagePosting:
        """Number one post and remember its rows; ``words`` is its text in UTF-8. The caller decided that it may be."""
        salt = self._salts.pop() if self._salts else new_salt()
        head.post_no = post_no = head.post_no + 1
        row = self._work.number(
            head,
            POSTED,
            post.author,
            post.reply_to,
            post_facts(post.nonce, post_no),
            body_commitment(salt, words),
            post.ts,
        )
        chat, seq, ts = head.id, row.seq, row.ts_ms
        forwarded = post.forwarded
        self._events.append(row)
        self._bodies.append((chat, seq, salt, post.text))
        self._messages.append(
            (
                chat,
                seq,
                post.author,
                post.nonce,
                request,
                ts,
                post_no,
                post.reply_to,
                post.forwarded_author,
                forwarded.author_name if forwarded else None,
                forwarded.ts if forwarded else None,
                seq,
            )
        )
        self._index.append((chat, seq, post.text))
        event = MessagePosted(
            chat=wire_id(chat),
            seq=seq,
            ts=ts,
            actor=wire_id(post.author),
            text=post.text,
            nonce=post.nonce,
            post_no=post_no,
            reply_to=post.reply_to,
            forwarded=forwarded,
        )
        self._work.told.append(Hint(chat_stream(chat), seq, event))
        return MessagePosting(seq=seq, ts=ts, post_no=post_no)

    def write(self) -> None:
        connection = self._work.connection
        bulk_insert(connection, t.chat_event, EventRow._fields, self._events)
        bulk_insert(connection, t.message_body, _BODY, self._bodies)
        bulk_insert(connection, t.message, _MESSAGE, self._messages)
        index_posts(connection, self._index)


def run_posts(work: Work, posts: Sequence[Post], may_write: MayWrite) -> list[Outcome]:
    """Decide and write posts in their order; each gets its own outcome. Hints go to ``work.told``."""
    connection = work.connection
    absent = absent_members(connection, [(p.chat, p.author) for p in posts])
    done = {
        (row[0], row[1]): (row[2], MessagePosting(seq=row[3], ts=row[4], post_no=row[5]))
        for row in earlier_posts(connection, [(p.author, p.nonce) for p in posts])
    }
    bulk = Bulk(work, len(posts))
    outcomes: list[Outcome] = []
    for post in posts:
        key = (post.author, post.nonce)
        try:
            words = post.text.encode()
            request = post_hash(post.chat, post.reply_to, words)
            if key in done:
                earlier_request, result = done[key]
                if earlier_request != request:
                    raise AppError("nonce_reused")
                outcomes.append(Outcome(result))
                continue
            check_text(post.text, work.limits)
            head = work.head(post.chat)
            if (post.chat, post.author) in absent:
                raise AppError("not_member")
            if head.kind == "direct":
                refusal = may_write(connection, post.author, other_of_direct(head.direct_key, post.author))
                if refusal is not None:
                    raise refusal
            if post.reply_to is not None:
                living_message(connection, post.chat, post.author, post.reply_to)
            result = bulk.add(head, post, words, request)
            done[key] = (request, result)
            outcomes.append(Outcome(result))
        except AppError as refusal:
            outcomes.append(Outcome(None, refusal))
    bulk.write()
    return outcomes
