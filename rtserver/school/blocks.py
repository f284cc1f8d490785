"""The blacklist (R-81, D17): it acts on direct chats and direct calls, never on class chats."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from rtserver.wire import family as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import Ok
from storage import tables as t
from storage.ids import parse_id, wire_id

from .duties import block_refusal
from .people import names_of
from .ports import Transaction
from .relations import load_standings, open_schools

BLOCKED_MAX = 1_000
"""Rows of a list that a person reads."""
b = t.block.c


def load_blacklist(connection: Connection, actor: int) -> w.Blacklist:
    rows = connection.execute(
        select(t.block).where(b.account_id == actor).order_by(b.created_ms.desc(), b.blocked_id)
    ).all()
    names = names_of(connection, [row.blocked_id for row in rows])
    return w.Blacklist(
        people=[
            w.Blocked(account=wire_id(row.blocked_id), name=names.get(row.blocked_id, ""), since=row.created_ms)
            for row in rows
        ]
    )


def block_person(tx: Transaction, actor: int, person: str) -> Ok:
    """Once or again: the same end. Whom one may not find one cannot block (E-14)."""
    number = parse_id(person)
    pair = load_standings(tx.connection, (actor, number))
    if actor not in pair or number not in pair:
        raise AppError("person_unknown")
    refusal = block_refusal(pair[actor], pair[number], open_schools(tx.connection))
    if refusal is not None:
        raise AppError(refusal)
    if number in pair[actor].blocks:
        return Ok()
    held = tx.connection.execute(select(func.count()).select_from(t.block).where(b.account_id == actor)).scalar_one()
    if held >= BLOCKED_MAX:
        raise AppError("rate_limited", seconds=3600)
    tx.connection.execute(insert(t.block).values(account_id=actor, blocked_id=number, created_ms=tx.now))
    tx.append_account(actor, lambda seq, at: w.BlockChanged(seq=seq, ts=at, account=wire_id(number), blocked=True))
    return Ok()


def unblock_person(tx: Transaction, actor: int, person: str) -> Ok:
    """Also of somebody who left the school meanwhile."""
    number = parse_id(person)
    gone = tx.connection.execute(delete(t.block).where(b.account_id == actor, b.blocked_id == number)).rowcount
    if gone:
        tx.append_account(actor, lambda seq, at: w.BlockChanged(seq=seq, ts=at, account=wire_id(number), blocked=False))
    return Ok()
