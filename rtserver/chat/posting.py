"""The hot path: posts of a whole batch decided, numbered and written in a handful of statements. Edits nothing."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from rtserver.bus.base import Hint, chat_stream
from rtserver.wire.chat import MessagePosted, MessagePosting
from rtserver.wire.errors import AppError
from rtserver.wire.types import Attachment, Forwarded
from storage import tables as t
from storage.attachments import attach
from storage.db import bulk_insert
from storage.events import (
    EVERYBODY,
    POSTED,
    EventRow,
    body_commitment,
    mentions_of,
    new_salt,
    new_salts,
    post_facts,
)
from storage.ids import wire_id
from storage.posts import absent_members, earlier_posts
from storage.search import Entry, index_posts
from storage.writer import Outcome

from .attaching import choose_files, hold_post, waiting_post
from .loads import living_message, member_role, other_of_direct
from .rules import check_text, decide_mention_all, decide_write
from .work import Head, Work

MayWrite = Callable[[Connection, int, int], AppError | None]
_POST_HEAD = struct.Struct(">qq")
_BODY = ("chat_id", "seq", "salt", "body")
_MENTION = ("account_id", "chat_id", "seq")
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
    files: tuple[int, ...] = ()
    request: bytes | None = None
    """Its ``post_hash`` when that was taken before some of its files failed."""
    mentions: tuple[int, ...] = ()
    """Accounts in order; ``EVERYBODY`` is all of the chat."""


def request_hash(*parts: object) -> bytes:
    """16 bytes that tell the same request from another one under the same nonce."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


def post_hash(
    chat: int, reply_to: int | None, text: bytes, files: Sequence[int] = (), mentions: Sequence[int] = ()
) -> bytes:
    """``request_hash`` of a post: the numbers are of fixed length, so no two posts spell the same bytes."""
    head = _POST_HEAD.pack(chat, reply_to or 0)
    if not (files or mentions):
        return hashlib.blake2b(head + text, digest_size=16).digest()
    # a key keeps posts with numbers apart from texts that would spell the same
    numbers = struct.pack(f">H{len(files) + len(mentions)}q", len(files), *files, *mentions)
    return hashlib.blake2b(head + numbers + text, digest_size=16, key=b"numbers").digest()


class Bulk:
    """Rows of a batch's posts, written together."""

    def __init__(self, work: Work, count: int = 0) -> None:
        """``count`` posts are expected; more may come."""
        self._work = work
        self._salts = new_salts(count)
        self._events: list[EventRow] = []
        self._bodies: list[tuple[Any, ...]] = []
        self._messages: list[tuple[Any, ...]] = []
        self._mentions: list[tuple[int, int, int]] = []
        self._index: list[Entry] = []

    def add(
        self, head: Head, post: Post, words: bytes, request: bytes, files: Sequence[Attachment] = ()
    ) -> MessagePosting:
        """Number one post and remember its rows; ``words`` is its text in UTF-8, ``files`` are those that it names. The
        caller decided that it may be.
        """
        salt = self._salts.pop() if self._salts else new_salt()
        head.post_no = post_no = head.post_no + 1
        row = self._work.number(
            head,
            POSTED,
            post.author,
            post.reply_to,
            post_facts(post.nonce, post_no, post.files, post.mentions),
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
        self._mentions.extend((account, chat, seq) for account in post.mentions)
        self._index.append(Entry(chat, seq, post.author, post.text))
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
            files=list(files),
            mentions=mentions_of(post.mentions),
            mentions_all=EVERYBODY in post.mentions,
        )
        if post.files:
            attach(self._work.connection, chat, seq, post.files)
        self._work.told.append(Hint(chat_stream(chat), seq, event))
        return MessagePosting(seq=seq, ts=ts, post_no=post_no)

    def write(self) -> None:
        connection = self._work.connection
        bulk_insert(connection, t.chat_event, EventRow._fields, self._events)
        bulk_insert(connection, t.message_body, _BODY, self._bodies)
        bulk_insert(connection, t.message, _MESSAGE, self._messages)
        bulk_insert(connection, t.mention, _MENTION, self._mentions)
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
    last_ms: dict[tuple[int, int], int] = {}
    outcomes: list[Outcome] = []
    for post in posts:
        key = (post.author, post.nonce)
        try:
            words = post.text.encode()
            request = post.request or post_hash(post.chat, post.reply_to, words, post.files, post.mentions)
            if key in done:
                earlier_request, result = done[key]
                if earlier_request != request:
                    raise AppError("nonce_reused")
                outcomes.append(Outcome(result))
                continue
            check_text(post.text, work.limits, with_files=bool(post.files))
            head = work.head(post.chat)
            if (post.chat, post.author) in absent:
                raise AppError("not_member")
            _check_room(work, head, post, may_write, last_ms.get((post.chat, post.author)))
            if post.reply_to is not None:
                living_message(connection, post.chat, post.author, post.reply_to)
            if post.mentions:
                _check_mentions(connection, post)
            files = _files_of(work, post, request)
            if files is None:
                outcomes.append(Outcome(MessagePosting(seq=0, ts=work.now, post_no=0, pending=True)))
                continue
            result = bulk.add(head, post, words, request, files)
            if head.slow_s:
                last_ms[post.chat, post.author] = result.ts
            done[key] = (request, result)
            outcomes.append(Outcome(result))
        except AppError as refusal:
            outcomes.append(Outcome(None, refusal))
    bulk.write()
    return outcomes


def _check_room(work: Work, head: Head, post: Post, may_write: MayWrite, last_ms: int | None) -> None:
    """Raise what the chat has against this member's words now."""
    if head.kind != "direct":
        check_write(work, head, post.author, last_ms)
        return
    refusal = may_write(work.connection, post.author, other_of_direct(head.direct_key, post.author))
    if refusal is not None:
        raise refusal


def _files_of(work: Work, post: Post, request: bytes) -> Sequence[Attachment] | None:
    """The post's files, or None when the post is held until they are finished."""
    if not post.files:
        return ()
    if waiting_post(work, post.author, post.nonce, request):
        return None
    found = choose_files(work, post.author, post.files)
    if found is None:
        hold_post(work, post, request)
    return found


SLOW_POSTS_MAX = 1_000
"""Posts of all that are looked through for the author's last one: more in five minutes is no slow chat."""


def check_write(work: Work, head: Head, author: int, last_ms: int | None = None) -> None:
    """Whether a member may write now by the chat's own rules; ``last_ms`` is a post of this batch."""
    if head.kind == "direct" or (head.write_policy == "everyone" and not head.slow_s):
        return
    role = member_role(work.connection, head.id, author)
    if last_ms is None and head.slow_s:
        m = t.message.c
        newest = (
            select(m.ts_ms, m.author)
            .where(m.chat_id == head.id)
            .order_by(m.seq.desc())
            .limit(SLOW_POSTS_MAX)
            .subquery()
        )
        last_ms = work.connection.execute(select(func.max(newest.c.ts_ms)).where(newest.c.author == author)).scalar()
    decide_write(role, head.write_policy, head.slow_s, last_ms, work.now)


def _check_mentions(connection: Connection, post: Post) -> None:
    """Members of now alone may be mentioned, so a mention tells nobody of a chat that is not theirs (E-5, E-14)."""
    people = [account for account in post.mentions if account != EVERYBODY]
    if len(people) < len(post.mentions):
        decide_mention_all(member_role(connection, post.chat, post.author))
    if absent_members(connection, [(post.chat, account) for account in people]):
        raise AppError("mention_not_member")
