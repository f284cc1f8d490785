"""Rows of codes: issued with their message in one transaction, checked with their tries counted. Sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from rtserver.wire.auth import Channel
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage.ids import new_id

from .codes import CALL_DIGITS, PAPER_CHARS, Challenge, CodeRules, clean_code, digest_code, judge_code, make_code

Verdict = Literal["right", "wrong"]


def issue_code(
    connection: Connection,
    key: bytes,
    *,
    flow: int | None,
    account: int | None,
    kind: str,
    address: str,
    channel: Channel,
    language: str,
    named_by_gateway: bool,
    rules: CodeRules,
    now: int,
) -> int:
    """A new code and the message that carries it, both or none; earlier codes of the same asker are dead.

    ``named_by_gateway``: a dropped call whose number the gateway chooses and answers with (D12).
    """
    c = a.code.c
    mine = c.flow_id == flow if flow is not None else c.account_id == account
    connection.execute(update(a.code).where(mine, c.used_ms.is_(None)).values(used_ms=now))
    number = new_id(now)
    secret = "" if named_by_gateway or channel == "paper" else make_code(CALL_DIGITS if channel == "call" else 6)
    connection.execute(
        insert(a.code).values(
            id=number,
            flow_id=flow,
            account_id=account,
            kind=kind,
            address=address,
            channel=channel,
            digest=digest_code(key, number, secret) if secret else None,
            created_ms=now,
            expires_ms=now + rules.live_ms,
        )
    )
    if channel != "paper":
        connection.execute(
            insert(a.outgoing).values(
                id=new_id(now),
                code_id=number,
                channel=channel,
                address=address,
                language=language,
                secret=secret,
                status="waiting",
                due_ms=now,
                created_ms=now,
                expires_ms=now + rules.live_ms,
            )
        )
    return number


def latest_code(
    connection: Connection, *, flow: int | None = None, account: int | None = None, lock: bool = False
) -> Row[Any] | None:
    """The asker's newest code, dead or alive."""
    c = a.code.c
    mine = c.flow_id == flow if flow is not None else c.account_id == account
    query = select(a.code).where(mine).order_by(c.id.desc()).limit(1)
    return connection.execute(query.with_for_update() if lock else query).first()


def try_code(
    connection: Connection, key: bytes, row: Row[Any] | None, typed: str, rules: CodeRules, now: int, paper: int | None
) -> tuple[Verdict, int]:
    """Judge what was typed and count it: the verdict and the tries that are left.

    Raises ``code_dead``, ``code_expired``, ``delivery_failed``. ``paper`` is the named invite a paper code belongs to.
    """
    if row is None:
        raise AppError("code_dead")
    challenge = Challenge(
        row.id,
        row.digest,
        row.tries,
        row.created_ms,
        row.expires_ms,
        row.used_ms is not None,
        row.failed_ms is not None,
    )
    if row.channel == "paper":
        verdict = _try_paper(connection, key, challenge, typed, rules, now, paper)
    else:
        verdict = judge_code(key, challenge, typed, now, rules)
    values = {"used_ms": now} if verdict == "right" else {"tries": row.tries + 1}
    connection.execute(update(a.code).where(a.code.c.id == row.id).values(**values))
    return verdict, max(0, rules.tries - row.tries - (verdict == "wrong"))


def _try_paper(
    connection: Connection,
    key: bytes,
    challenge: Challenge,
    typed: str,
    rules: CodeRules,
    now: int,
    invite: int | None,
) -> Verdict:
    """A sheet's code counts its own tries too, whatever flow they come from; right once, then never again."""
    p = a.paper_code.c
    sheet = connection.execute(select(a.paper_code).where(p.invite_id == (invite or -1)).with_for_update()).first()
    if sheet is None or sheet.used_ms is not None or sheet.tries >= rules.tries * 4 or challenge.tries >= rules.tries:
        raise AppError("code_dead")
    if sheet.expires_ms <= now:
        raise AppError("code_expired")
    typed_code = clean_code(typed)
    right = len(typed_code) == PAPER_CHARS and digest_code(key, sheet.id, typed_code) == sheet.digest
    values = {"used_ms": now} if right else {"tries": sheet.tries + 1}
    connection.execute(update(a.paper_code).where(p.id == sheet.id).values(**values))
    return "right" if right else "wrong"


def paper_for(connection: Connection, invite: int | None, now: int) -> bool:
    """Whether a sheet's code waits for this named invite."""
    p = a.paper_code.c
    query = select(p.id).where(p.invite_id == (invite or -1), p.used_ms.is_(None), p.expires_ms > now)
    return connection.execute(query).first() is not None


def delivery_of(connection: Connection, code: int) -> Literal["", "waiting", "sent", "failed"]:
    status: Literal["", "waiting", "sent", "failed"] = (
        connection.execute(select(a.outgoing.c.status).where(a.outgoing.c.code_id == code)).scalar() or ""
    )
    return status


def channels_for(kind: str, offered: Sequence[Channel]) -> list[Channel]:
    """Channels that can reach a contact of this kind, the cheapest to use first."""
    return [one for one in offered if (one == "email") == (kind == "email")]
