"""«Скачать мои данные» (E-13): what rtserver keeps about an account, in pages. Shows nobody else's words."""

from __future__ import annotations

from sqlalchemy import Connection, select, tuple_

from rtserver.actor import Actor
from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage import tables as t
from storage.ids import parse_id, wire_id

from .security import own_contacts, session_cards

PAGE_MESSAGES = 1_000


def own_data(connection: Connection, actor: Actor, after: str, now: int) -> w.OwnData:
    """One page; ``after`` is the ``more`` of the page before, "chat:seq"."""
    row = connection.execute(select(t.account).where(t.account.c.id == actor.account)).one()
    d = a.accepted_document.c
    documents = connection.execute(
        select(a.accepted_document).where(d.account_id == actor.account).order_by(d.accepted_ms)
    )
    messages = _own_messages(connection, actor.account, after)
    last = messages[-1] if len(messages) == PAGE_MESSAGES else None
    return w.OwnData(
        account=wire_id(row.id),
        first_name=row.first_name,
        last_name=row.last_name,
        patronymic=row.patronymic,
        gender=row.gender,
        birth_date=row.birth_date or "",
        created=row.created_ms,
        contacts=own_contacts(connection, actor.account),
        sessions=session_cards(connection, actor, now),
        documents=[
            w.AcceptedVersion(document=one.document, version=one.version, accepted=one.accepted_ms) for one in documents
        ],
        messages=messages,
        more="" if last is None else f"{last.chat}:{last.seq}",
    )


def _own_messages(connection: Connection, account: int, after: str) -> list[w.OwnMessage]:
    m, b = t.message.c, t.message_body.c
    query = (
        select(m.chat_id, m.seq, m.ts_ms, b.body)
        .join(t.message_body, (b.chat_id == m.chat_id) & (b.seq == m.body_seq))
        .where(m.author == account, m.deleted_ms.is_(None))
        .order_by(m.chat_id, m.seq)
        .limit(PAGE_MESSAGES)
    )
    if after:
        chat, _, seq = after.partition(":")
        if not (seq.isascii() and seq.isdecimal() and len(seq) < 16):
            raise AppError("bad_request", detail="after")
        query = query.where(tuple_(m.chat_id, m.seq) > tuple_(parse_id(chat), int(seq)))
    return [
        w.OwnMessage(chat=wire_id(row.chat_id), seq=row.seq, ts=row.ts_ms, text=row.body)
        for row in connection.execute(query)
    ]
