"""What was attached in a chat (R-93, E-7): read by the reader's own intervals, like its history."""

from __future__ import annotations

from sqlalchemy import Connection, select

from rtserver.wire import files as w
from storage import file_tables as f
from storage import tables as t
from storage.attachments import attachments_of, of_kinds
from storage.ids import parse_id, wire_id
from storage.reading import people, visible

from .states import require_sight

a, b, c, m = f.attachment.c, f.blob.c, f.file.c, t.message.c


def list_attachments(connection: Connection, account: int, command: w.MessageAttachments) -> w.MessageAttachmentsPage:
    chat = parse_id(command.chat)
    require_sight(connection, account, chat)
    query = (
        select(m.seq, m.ts_ms, m.author)
        .join(f.attachment, (a.chat_id == m.chat_id) & (a.seq == m.seq))
        .join(f.file, c.id == a.file_id)
        .join(f.blob, b.id == c.blob_id)
        .where(m.chat_id == chat, visible(account))
    )
    wanted = set(command.kinds)
    if wanted:
        query = query.where(of_kinds(wanted))
    if command.before is not None:
        query = query.where(m.seq < command.before)
    rows = connection.execute(query.distinct().order_by(m.seq.desc()).limit(command.limit + 1)).all()
    page = rows[: command.limit]
    files = attachments_of(connection, [(chat, row.seq) for row in page])
    return w.MessageAttachmentsPage(
        items=[
            w.ChatAttachment(seq=row.seq, ts=row.ts_ms, author=wire_id(row.author), file=file)
            for row in page
            for file in files[chat, row.seq]
            if not wanted or file.kind in wanted
        ],
        more=len(rows) > command.limit,
        people=people(connection, {row.author for row in page}),
    )
