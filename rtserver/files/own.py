"""What an account asks about its own files and uploads (R-77), and what it changes of them. Shows nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from rtserver.actor import Actor, Handler
from rtserver.wire import files as w
from rtserver.wire.chat import Command, Done
from rtserver.wire.errors import AppError
from storage import attachments as held
from storage import file_tables as f
from storage import tables as t
from storage import uploads as rows
from storage.blobs.disk import Disk
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.reading import visible
from storage.search import fold

from .ports import Run, Transaction
from .settings import FilesSettings

a, c, p, q, u = f.attachment.c, f.file.c, f.pending_post.c, f.pending_file.c, f.upload.c


class OwnFiles:
    """Binds the commands of one's own files."""

    def __init__(self, database: Database, run: Run, disk: Disk, settings: FilesSettings) -> None:
        self._database = database
        self._run = run
        self._disk = disk
        self._settings = settings

    def handlers(self) -> dict[type[Command], Handler]:
        return {
            w.FileList: self._list,
            w.FileTransfers: self._transfers,
            w.MessagePending: self._pending,
            w.FileSave: self._save,
            w.FileDelete: self._delete,
            w.MessagePendingCancel: self._cancel,
        }

    async def _list(self, actor: Actor, command: w.FileList) -> w.FileListed:
        limit = self._settings.account_bytes
        return await self._database.read(lambda connection: list_files(connection, actor.account, command, limit))

    async def _transfers(self, actor: Actor, _: w.FileTransfers) -> w.FileTransfersListed:
        wanted = select(f.upload).where(
            u.account_id == actor.account, u.state.in_(("open", "checking")), u.kind != "part"
        )
        found = await self._database.read(lambda connection: connection.execute(wanted.order_by(u.id)).all())
        return w.FileTransfersListed(uploads=await self._told(found))

    async def _pending(self, actor: Actor, _: w.MessagePending) -> w.MessagePendingListed:
        posts, files, uploads = await self._database.read(lambda connection: load_pending(connection, actor.account))
        told = {one.id: one for one in await self._told(uploads)}
        return w.MessagePendingListed(
            posts=[
                w.PendingPost(
                    chat=wire_id(post.chat_id),
                    nonce=post.nonce,
                    text=post.body,
                    reply_to=post.reply_to,
                    ts=post.created_ms,
                    files=[told[wire_id(one)] for one in files[post.id] if wire_id(one) in told],
                )
                for post in posts
            ]
        )

    async def _save(self, actor: Actor, command: w.FileSave) -> Done:
        await self._run(lambda tx: save_file(tx, actor.account, parse_id(command.file), on=command.on))
        return Done()

    async def _delete(self, actor: Actor, command: w.FileDelete) -> Done:
        await self._run(lambda tx: delete_file(tx, actor.account, parse_id(command.file)))
        return Done()

    async def _cancel(self, actor: Actor, command: w.MessagePendingCancel) -> Done:
        await self._run(lambda tx: cancel_post(tx, actor.account, command.post))
        return Done()

    async def _told(self, found: Sequence[Row[Any]]) -> list[w.WaitingFile]:
        """Uploads with the bytes that stand on the disk now."""
        sizes = await asyncio.to_thread(
            lambda: [self._disk.size(r.id) if r.state == "open" else r.length for r in found]
        )
        return [
            w.WaitingFile(
                id=wire_id(row.id),
                name=row.name,
                length=row.length,
                offset=size or 0,
                state=row.state,
                created_ts=row.created_ms,
                expires_ts=row.expires_ms,
                error=row.error,
            )
            for row, size in zip(found, sizes, strict=True)
        ]


def list_files(connection: Connection, account: int, command: w.FileList, limit_bytes: int) -> w.FileListed:
    query = held.shown_files().where(c.account_id == account)
    if command.tab == "saved":
        query = query.where(c.saved)
    if command.query.strip():
        query = query.where(c.name_fold.contains(fold(command.query.strip()), autoescape=True))
    if command.kinds:
        query = query.where(held.of_kinds(command.kinds))
    if command.before is not None:
        query = query.where(c.id < parse_id(command.before))
    found = connection.execute(query.order_by(c.id.desc()).limit(command.limit + 1)).all()
    page = found[: command.limit]
    places = _newest_places(connection, account, [row.id for row in page])
    return w.FileListed(
        files=[
            w.OwnFile(
                file=held.wire_attachment(row),
                ts=row.created_ms,
                saved=row.saved,
                chat=None if row.id not in places else wire_id(places[row.id][0]),
                seq=None if row.id not in places else places[row.id][1],
            )
            for row in page
        ],
        more=len(found) > command.limit,
        used_bytes=rows.used(connection, account),
        limit_bytes=limit_bytes,
    )


def _newest_places(connection: Connection, account: int, files: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of each file the newest message that holds it and that the account can see."""
    m = t.message.c
    query = (
        select(a.file_id, a.chat_id, a.seq)
        .join(t.message, (m.chat_id == a.chat_id) & (m.seq == a.seq))
        .where(a.file_id.in_(list(files)), visible(account))
        .order_by(m.ts_ms)
    )
    return {file: (chat, seq) for file, chat, seq in connection.execute(query)}


def load_pending(
    connection: Connection, account: int
) -> tuple[Sequence[Row[Any]], dict[int, list[int]], list[Row[Any]]]:
    """Own waiting posts, the files of each in order, and the uploads among those."""
    posts = connection.execute(select(f.pending_post).where(p.account_id == account).order_by(p.id)).all()
    files: dict[int, list[int]] = {post.id: [] for post in posts}
    for post, file in connection.execute(
        select(q.post_id, q.file_id).where(q.post_id.in_(list(files))).order_by(q.post_id, q.place)
    ):
        files[post].append(file)
    uploads = rows.load_uploads(connection, {one for some in files.values() for one in some})
    return posts, files, list(uploads.values())


def save_file(tx: Transaction, account: int, file: int, *, on: bool) -> None:
    _own(tx, account, file)
    tx.connection.execute(update(f.file).where(c.id == file).values(saved=on))
    idle = None if held.held(tx.connection, (file,)) else tx.now
    tx.connection.execute(update(f.file).where(c.id == file).values(idle_ms=idle))


def delete_file(tx: Transaction, account: int, file: int) -> None:
    """Only what no message holds: a message keeps what it was sent with until it is deleted itself."""
    _own(tx, account, file)
    tx.connection.execute(update(f.file).where(c.id == file).values(saved=False))
    if held.held(tx.connection, (file,)):
        raise AppError("file_in_use")
    held.remove_file(tx.connection, file)


def cancel_post(tx: Transaction, account: int, nonce: str) -> None:
    """Harmless for a post that does not wait (any more)."""
    post = tx.connection.execute(select(p.id).where(p.account_id == account, p.nonce == nonce)).scalar()
    if post is not None:
        tx.connection.execute(delete(f.pending_file).where(q.post_id == post))
        tx.connection.execute(delete(f.pending_post).where(p.id == post))


def _own(tx: Transaction, account: int, file: int) -> None:
    if tx.connection.execute(select(c.account_id).where(c.id == file)).scalar() != account:
        raise AppError("file_unknown")
