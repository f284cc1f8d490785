"""The hot path: posts of a whole batch decided, numbered and written in a handful of statements. Edits nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, tuple_

from rtserver.bus.base import Hint, chat_stream
from rtserver.wire.chat import MessagePosted, MessagePosting
from rtserver.wire.errors import AppError
from rtserver.wire.types import Forwarded
from storage import tables as t
from storage.db import bulk_insert
from storage.events import POSTED, EventRow, encode_facts
from storage.ids import wire_id
from storage.search import index_posts
from storage.writer import Outcome

from .loads import living_message, other_of_direct, roles_in
from .rules import check_text
from .work import Head, Work

MayWrite = Callable[[Connection, int, int], AppError | None]
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


class Bulk:
    """Rows of a batch's posts, written together."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._events: list[EventRow] = []
        self._bodies: list[tuple[Any, ...]] = []
        self._messages: list[tuple[Any, ...]] = []
        self._index: list[tuple[int, int, str]] = []

    def add(self, head: Head, post: Post, request: bytes) -> MessagePosting:
        """Number one post and remember its rows; the caller has decided that it may be."""
        head.post_no += 1
        row, salt = self._work.number(
            head,
            POSTED,
            post.author,
            target=post.reply_to,
            body=post.text,
            ts=post.ts,
            facts=encode_facts(n=post.nonce, p=head.post_no),
        )
        self._events.append(row)
        self._bodies.append((row.chat_id, row.seq, salt, post.text))
        self._messages.append(
            (
                row.chat_id,
                row.seq,
                post.author,
                post.nonce,
                request,
                row.ts_ms,
                head.post_no,
                post.reply_to,
                post.forwarded_author,
                post.forwarded.author_name if post.forwarded else None,
                post.forwarded.ts if post.forwarded else None,
                row.seq,
            )
        )
        self._index.append((row.chat_id, row.seq, post.text))
        event = MessagePosted(
            chat=wire_id(row.chat_id),
            seq=row.seq,
            ts=row.ts_ms,
            actor=wire_id(post.author),
            text=post.text,
            nonce=post.nonce,
            post_no=head.post_no,
            reply_to=post.reply_to,
            forwarded=post.forwarded,
        )
        self._work.told.append(Hint(chat_stream(head.id), row.seq, event))
        return MessagePosting(seq=row.seq, ts=row.ts_ms, post_no=head.post_no)

    def write(self) -> None:
        connection = self._work.connection
        bulk_insert(connection, t.chat_event, EventRow._fields, self._events)
        bulk_insert(connection, t.message_body, _BODY, self._bodies)
        bulk_insert(connection, t.message, _MESSAGE, self._messages)
        index_posts(connection, self._index)


def run_posts(work: Work, posts: Sequence[Post], may_write: MayWrite) -> list[Outcome]:
    """Decide and write posts in their order; each gets its own outcome. Hints go to ``work.told``."""
    connection = work.connection
    roles = roles_in(connection, {(p.chat, p.author) for p in posts})
    done = _earlier(connection, posts)
    bulk = Bulk(work)
    outcomes: list[Outcome] = []
    for post in posts:
        request = request_hash(post.chat, post.text, post.reply_to)
        key = (post.author, post.nonce)
        try:
            if key in done:
                earlier_request, result = done[key]
                if earlier_request != request:
                    raise AppError("nonce_reused")
                outcomes.append(Outcome(result))
                continue
            check_text(post.text, work.limits)
            head = work.head(post.chat)
            if (post.chat, post.author) not in roles:
                raise AppError("not_member")
            if head.kind == "direct":
                refusal = may_write(connection, post.author, other_of_direct(head.direct_key, post.author))
                if refusal is not None:
                    raise refusal
            if post.reply_to is not None:
                living_message(connection, post.chat, post.author, post.reply_to)
            result = bulk.add(head, post, request)
            done[key] = (request, result)
            outcomes.append(Outcome(result))
        except AppError as refusal:
            outcomes.append(Outcome(None, refusal))
    bulk.write()
    return outcomes


def _earlier(connection: Connection, posts: Sequence[Post]) -> dict[tuple[int, str], tuple[bytes, MessagePosting]]:
    """Posts that already stand under these nonces (E-1)."""
    c = t.message.c
    rows = connection.execute(
        select(c.author, c.nonce, c.request_hash, c.seq, c.ts_ms, c.post_no).where(
            tuple_(c.author, c.nonce).in_(list({(p.author, p.nonce) for p in posts}))
        )
    )
    return {(r[0], r[1]): (r[2], MessagePosting(seq=r[3], ts=r[4], post_no=r[5])) for r in rows}
