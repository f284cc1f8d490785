"""``files.ports.Transaction`` over a ``Work``: what happens in chats when an upload ends, one way or the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select

from rtserver.school.relations import may_write
from rtserver.wire.chat import AccountEvent
from rtserver.wire.files import PostDropped
from storage import file_tables as f
from storage.attachments import load_files
from storage.ids import wire_id
from storage.uploads import load_uploads

from .attaching import WAITING
from .posting import Post, run_posts
from .work import Work

p, w = f.pending_post.c, f.pending_file.c


class FileWork:
    """The transaction that uploads and files are given."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def connection(self) -> Connection:
        return self._work.connection

    @property
    def now(self) -> int:
        return self._work.now

    def append_account(self, account: int, make: Callable[[int, int], AccountEvent]) -> None:
        self._work.append_account(account, make)

    def settle_posts(self, upload: int) -> None:
        """Post what waited for this upload and for nothing else. A failed file fails alone: the rest is posted, and a
        post of which nothing is left is dropped, with word to its author. The chats are locked before any account.
        """
        posts = self.connection.execute(
            select(f.pending_post)
            .join(f.pending_file, w.post_id == p.id)
            .where(w.file_id == upload)
            .order_by(p.created_ms, p.id)
        ).all()
        self._work.lock({post.chat_id for post in posts})
        dropped: list[tuple[int, Callable[[int, int], AccountEvent]]] = []
        for post in posts:
            wanted = list(
                self.connection.execute(select(w.file_id).where(w.post_id == post.id).order_by(w.place)).scalars()
            )
            files = load_files(self.connection, wanted)
            uploads = load_uploads(self.connection, [one for one in wanted if one not in files])
            if any(row.state in WAITING for row in uploads.values()):
                continue
            self.connection.execute(delete(f.pending_file).where(w.post_id == post.id))
            self.connection.execute(delete(f.pending_post).where(p.id == post.id))
            left = tuple(one for one in wanted if one in files)
            error = next((row.error for row in uploads.values() if row.error), "file_unknown")
            if left or post.body.strip():
                error = self._post(post, left)
            if error:
                dropped.append(
                    (post.account_id, partial(_dropped, chat=wire_id(post.chat_id), nonce=post.nonce, error=error))
                )
        for account, event in dropped:
            self.append_account(account, event)

    def _post(self, row: Row[Any], files: tuple[int, ...]) -> str:
        """The code of a refusal, or nothing."""
        made = Post(
            row.chat_id,
            row.account_id,
            row.nonce,
            row.body,
            row.reply_to,
            files=files,
            mentions=msgspec.msgpack.decode(row.mentions, type=tuple[int, ...]),
            request=bytes(row.request_hash),
        )
        refusal = run_posts(self._work, [made], may_write)[0].refusal
        return "" if refusal is None else refusal.code


def _dropped(seq: int, at: int, *, chat: str, nonce: str, error: str) -> AccountEvent:
    return PostDropped(seq=seq, ts=at, chat=chat, nonce=nonce, error=error)
