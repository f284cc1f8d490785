"""«Скачать мои данные» (E-13): what rtserver keeps about an account, in pages. Shows nobody else's words, and of others
no more than the names of the own family.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, tuple_

from rtserver.actor import Actor
from rtserver.school.applications import own_applications
from rtserver.school.roll import children_of, parents_of
from rtserver.wire import auth as w
from rtserver.wire import own
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage import school_tables as s
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
        roles=_own_roles(connection, actor.account),
        children=children_of(connection, actor.account),
        parents=parents_of(connection, [actor.account]).get(actor.account, []),
        consents=_own_consents(connection, actor.account),
        applications=own_applications(connection, actor.account),
        blocked=_own_blocks(connection, actor.account),
        messages=messages,
        more="" if last is None else f"{last.chat}:{last.seq}",
    )


def _own_roles(connection: Connection, account: int) -> list[own.OwnRole]:
    r, k = t.school_role.c, t.school_class.c
    rows = connection.execute(
        select(r.role, r.subject, r.since_ms, r.until_ms, t.school.c.name, k.name.label("class_name"))
        .join(t.school, t.school.c.id == r.school_id, isouter=True)
        .join(t.school_class, k.id == r.class_id, isouter=True)
        .where(r.account_id == account)
        .order_by(r.since_ms, r.id)
    )
    return [
        own.OwnRole(
            school_name=row.name or "",
            class_name=row.class_name or "",
            role=row.role,
            subject=row.subject,
            since=row.since_ms,
            until=row.until_ms,
        )
        for row in rows
    ]


def _own_consents(connection: Connection, account: int) -> list[own.OwnConsent]:
    """Given by the account, or for it: ``given`` 0 where a withdrawal alone is on record."""
    c = s.consent.c
    rows = connection.execute(
        select(s.consent).where((c.parent_id == account) | (c.child_id == account)).order_by(c.id)
    )
    return [
        own.OwnConsent(
            child=wire_id(row.child_id),
            parent=wire_id(row.parent_id),
            version=row.version,
            given=row.given_ms,
            withdrawn=row.withdrawn_ms,
        )
        for row in rows
    ]


def _own_blocks(connection: Connection, account: int) -> list[own.OwnBlock]:
    b = t.block.c
    rows = connection.execute(select(t.block).where(b.account_id == account).order_by(b.created_ms, b.blocked_id))
    return [own.OwnBlock(account=wire_id(row.blocked_id), since=row.created_ms) for row in rows]


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
