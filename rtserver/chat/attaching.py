"""Files of posts: which a post may name, and posts that wait for uploads. Reads no byte of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, insert, select

from rtserver.wire.errors import AppError
from rtserver.wire.types import Attachment
from storage import file_tables as f
from storage.attachments import load_files, may_read, wire_attachment
from storage.ids import new_id
from storage.uploads import load_uploads

from .work import Work

if TYPE_CHECKING:
    from .posting import Post

WAITING = ("open", "checking")
"""States of an upload that may still become a file."""
p = f.pending_post.c


def choose_files(work: Work, author: int, files: Sequence[int]) -> list[Attachment] | None:
    """The files as they will be told, or None when some are uploads under way. Raises what is wrong with them."""
    if len(files) > work.limits.message_files:
        raise AppError("attachments_limit", limit=work.limits.message_files)
    if len(set(files)) != len(files):
        raise AppError("attachment_twice")
    found = load_files(work.connection, files)
    missing = [one for one in files if one not in found]
    uploads = load_uploads(work.connection, missing) if missing else {}
    for one in missing:
        upload = uploads.get(one)
        if upload is None or upload.account_id != author or upload.kind == "part":
            raise AppError("file_unknown")
        if upload.state == "refused":
            raise AppError(upload.error)
        if upload.state not in WAITING:
            raise AppError("file_unknown")
    for one, row in found.items():
        if row.account_id != author and not may_read(work.connection, author, one):
            raise AppError("file_unknown")
    return None if missing else [wire_attachment(found[one]) for one in files]


def waiting_post(work: Work, author: int, nonce: str, request: bytes) -> bool:
    """Whether this very post waits already (E-1); ``nonce_reused`` when another one does under its nonce."""
    found = work.connection.execute(select(p.request_hash).where(p.account_id == author, p.nonce == nonce)).scalar()
    if found is None:
        return False
    if bytes(found) != request:
        raise AppError("nonce_reused")
    return True


def hold_post(work: Work, post: Post, request: bytes) -> None:
    """Keep a post until its files are finished, on the server: the author may close the tab."""
    limit = work.limits.posts_waiting
    count = work.connection.execute(select(func.count()).where(p.account_id == post.author)).scalar_one()
    if count >= limit:
        raise AppError("posts_waiting_limit", limit=limit)
    number = new_id(work.now)
    work.connection.execute(
        insert(f.pending_post).values(
            id=number,
            account_id=post.author,
            nonce=post.nonce,
            request_hash=request,
            chat_id=post.chat,
            body=post.text,
            reply_to=post.reply_to,
            mentions=msgspec.msgpack.encode(post.mentions),
            created_ms=work.now,
        )
    )
    work.connection.execute(
        insert(f.pending_file),
        [{"post_id": number, "place": place, "file_id": one} for place, one in enumerate(post.files)],
    )
