"""Accounts and sessions: opaque tokens, SHA-256 at rest, 90 days sliding. Never logs a token or a name."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from rtserver.actor import Actor
from rtserver.school.names import fold_name
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.db import Database
from storage.ids import new_id

from .settings import BRIEF_MS

TOKEN_BYTES = 32
SESSION_MS = 90 * 24 * 3600 * 1000
"""Architecture §3: 90 days since the last use."""
LINK_MS = 7 * 24 * 3600 * 1000
SEEN_EVERY_MS = 24 * 3600 * 1000
"""``seen_ms`` and the expiry are written at most once a day: a log-in must not cost a commit each time."""


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def add_account(
    connection: Connection, first_name: str, last_name: str, now: int, *, birth_date: str | None = None
) -> int:
    """A new open account; its id."""
    account = new_id(now)
    connection.execute(
        insert(t.account).values(
            id=account,
            first_name=first_name,
            last_name=last_name,
            name_fold=fold_name(first_name, last_name),
            birth_date=birth_date,
            created_ms=now,
        )
    )
    return account


def open_session(connection: Connection, account: int, device: str, now: int, *, lasting: bool = True) -> str:
    """A new session's token: 32 random bytes, base64url. Only its hash is kept.

    One that is not lasting (someone else's computer) never slides.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute(
        insert(t.session).values(
            id=new_id(now),
            account_id=account,
            token_sha256=token_hash(token),
            device=device[:120],
            created_ms=now,
            seen_ms=now,
            expires_ms=now + (SESSION_MS if lasting else BRIEF_MS),
            lasting=lasting,
        )
    )
    return token


def end_session(connection: Connection, session: int, now: int) -> bool:
    """End it; False when it was over already. The caller logs ``session.ended``, so that its sockets close at once."""
    statement = update(t.session).where(t.session.c.id == session, t.session.c.ended_ms.is_(None)).values(ended_ms=now)
    return bool(connection.execute(statement).rowcount)


def add_signin_link(connection: Connection, account: int, label: str, now: int) -> str:
    """A demo's sign-in link: its token. It may be used again and again, on a demo database only."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute(
        insert(t.signin_link).values(token_sha256=token_hash(token), account_id=account, label=label, created_ms=now)
    )
    return token


def account_of_link(connection: Connection, token: str) -> int | None:
    c = t.signin_link.c
    found = connection.execute(select(c.account_id).where(c.token_sha256 == token_hash(token))).scalar()
    return None if found is None else int(found)


def renew_signin_links(connection: Connection, now: int) -> list[tuple[str, str]]:
    """Fresh links (label, token) for everybody a demo made links for, since only hashes are kept; none elsewhere.
    Links of a week ago end, so that starts do not pile up.
    """
    c = t.signin_link.c
    people = connection.execute(
        select(c.account_id, c.label).group_by(c.account_id, c.label).order_by(c.account_id)
    ).all()
    connection.execute(delete(t.signin_link).where(c.created_ms < now - LINK_MS))
    return [(label, add_signin_link(connection, account, label, now)) for account, label in people]


class Sessions:
    """``hub.ports.Doorkeeper`` on the database."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    async def admit(self, token: str) -> Actor:
        """The actor of a live token; ``unauthorized`` without one, ``session_ended`` when it is over."""
        if not token:
            raise AppError("unauthorized")
        now = self._clock()
        s, a = t.session.c, t.account.c
        query = (
            select(
                s.id,
                s.account_id,
                s.ended_ms,
                s.expires_ms,
                s.seen_ms,
                s.lasting,
                a.first_name,
                a.last_name,
                a.closed_ms,
            )
            .join(t.account, a.id == s.account_id)
            .where(s.token_sha256 == token_hash(token))
        )
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            raise AppError("unauthorized")
        if row.ended_ms is not None or row.expires_ms <= now or row.closed_ms is not None:
            raise AppError("session_ended")
        if now - row.seen_ms > SEEN_EVERY_MS:
            seen = (
                update(t.session)
                .where(s.id == row.id)
                .values(seen_ms=now, expires_ms=now + SESSION_MS if row.lasting else row.expires_ms)
            )
            await self._database.write(lambda connection: connection.execute(seen).rowcount)
        return Actor(row.account_id, row.id, f"{row.first_name} {row.last_name}".strip())

    async def cookie_age_s(self, actor: Actor) -> int | None:
        """Seconds that a browser should keep the session's cookie: what is left of one that slides.

        None for one that does not, which is known by its life: the cookie then ends with the browser.
        """
        s = t.session.c
        query = select(s.seen_ms, s.expires_ms).where(s.id == actor.session)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None or row.expires_ms - row.seen_ms < SESSION_MS:
            return None
        return max(0, int(row.expires_ms) - self._clock()) // 1000

    async def ended(self, sessions: Sequence[int]) -> set[int]:
        """Which of these are over: ended, expired, of a closed account, or unknown."""
        now = self._clock()
        s, a = t.session.c, t.account.c
        query = (
            select(s.id)
            .join(t.account, a.id == s.account_id)
            .where(s.id.in_(list(sessions)), s.ended_ms.is_(None), s.expires_ms > now, a.closed_ms.is_(None))
        )
        alive = await self._database.read(lambda connection: set(connection.execute(query).scalars()))
        return set(sessions) - alive
