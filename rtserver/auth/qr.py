"""Log-in by QR code (R-41): the computer shows a token for 60 s, a logged-in phone approves it, once.

The token is bound to the computer's flow: whoever photographs the picture can approve it with an own account, but
only the browser that holds the flow's cookie is logged in by it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from rtserver.actor import Actor
from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage.db import Database
from storage.ids import new_id

from .attempts import Key, check_attempts, count_attempts
from .login import LogIn
from .ports import Run, Transaction
from .sessions import token_hash
from .settings import AuthSettings
from .stepping import Answer, Visitor, load_flow
from .tokens import new_token

POLL_S = 20.0
"""A waiting computer asks again after this: shorter than what proxies cut."""
STEP_S = 1.0
"""How often the row is read while waiting: an approval may come through another process."""


class QrLogIn:
    def __init__(
        self,
        database: Database,
        run: Run,
        clock: Callable[[], int],
        settings: AuthSettings,
        login: LogIn,
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._settings = settings
        self._login = login
        self._waiters: dict[int, set[asyncio.Event]] = defaultdict(set)

    async def make(self, visitor: Visitor) -> w.QrMade:
        """A fresh token for the flow; the earlier ones are dead."""
        token = new_token()
        await self._login.move(visitor, "qr_made")

        def task(tx: Transaction) -> w.QrMade:
            flow = load_flow(tx.connection, visitor.flow, tx.now)
            keys: list[Key] = [("begin:address", visitor.address)]
            check_attempts(tx.connection, keys, self._settings.limits, tx.now, school=visitor.school_network)
            count_attempts(tx.connection, keys, tx.now)
            q = a.qr_login.c
            tx.connection.execute(delete(a.qr_login).where((q.flow_id == flow.id) & q.approved_ms.is_(None)))
            expires = tx.now + self._settings.qr_ms
            tx.connection.execute(
                insert(a.qr_login).values(
                    id=new_id(tx.now),
                    token_sha256=token_hash(token),
                    flow_id=flow.id,
                    device=visitor.device,
                    created_ms=tx.now,
                    expires_ms=expires,
                )
            )
            return w.QrMade(url=f"{self._settings.url}/qr/{token}", expires=expires)

        return await self._run(task)

    async def wait(self, visitor: Visitor, known: str) -> w.QrState:
        """The state as soon as it differs from ``known`` (empty: at once), or as it is after ``POLL_S``."""
        now = self._clock()
        flow = await self._database.read(lambda connection: int(load_flow(connection, visitor.flow, now).id))
        event = asyncio.Event()
        self._waiters[flow].add(event)
        try:
            for _ in range(int(POLL_S / STEP_S)):
                state = await self._database.read(lambda connection: self._state(connection, flow))
                if state != known:
                    break
                event.clear()
                # not wait_for: Python 3.11's loses a cancellation that comes together with the event
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STEP_S):
                        await event.wait()
            return w.QrState(state=state)
        finally:
            self._waiters[flow].discard(event)
            if not self._waiters[flow]:
                del self._waiters[flow]

    async def look(self, actor: Actor, token: str) -> w.QrAsked:
        """The phone has read the picture: from now on it has two minutes to approve."""

        def task(tx: Transaction) -> tuple[w.QrAsked, int]:
            row = self._living(tx.connection, token, tx.now)
            if row.account_id is not None and row.account_id != actor.account:
                raise AppError("qr_used")
            expires = row.expires_ms if row.account_id else tx.now + self._settings.qr_approval_ms
            values = {"account_id": actor.account, "expires_ms": expires}
            tx.connection.execute(update(a.qr_login).where(a.qr_login.c.id == row.id).values(**values))
            return w.QrAsked(device=row.device, asked=row.created_ms, expires=expires), int(row.flow_id)

        asked, flow = await self._run(task)
        self._notify(flow)
        return asked

    async def answer(self, actor: Actor, token: str, *, approve: bool) -> None:
        """«Это я, войти», or «Это не я». Only the phone that looked may answer, once."""

        def task(tx: Transaction) -> int:
            row = self._living(tx.connection, token, tx.now)
            if row.account_id != actor.account or row.approved_ms is not None:
                raise AppError("qr_used")
            decided = {"approved_ms": tx.now} if approve else {"refused_ms": tx.now}
            tx.connection.execute(update(a.qr_login).where(a.qr_login.c.id == row.id).values(**decided))
            return int(row.flow_id)

        self._notify(await self._run(task))

    async def finish(self, visitor: Visitor) -> Answer:
        """The computer's own flow enters, once."""

        def task(tx: Transaction) -> int:
            flow = load_flow(tx.connection, visitor.flow, tx.now)
            q = a.qr_login.c
            row = tx.connection.execute(
                select(a.qr_login)
                .where(q.flow_id == flow.id, q.approved_ms.is_not(None), q.used_ms.is_(None))
                .order_by(q.id.desc())
                .limit(1)
                .with_for_update()
            ).first()
            if row is None or row.expires_ms <= tx.now:
                raise AppError("qr_expired")
            tx.connection.execute(update(a.qr_login).where(q.id == row.id).values(used_ms=tx.now))
            return int(row.account_id)

        return await self._login.enter(visitor, "qr_approved", await self._run(task))

    def _living(self, connection: Connection, token: str, now: int) -> Row[Any]:
        q = a.qr_login.c
        row = connection.execute(
            select(a.qr_login).where(q.token_sha256 == token_hash(token)).with_for_update()
        ).first()
        if row is None or row.expires_ms <= now or row.refused_ms is not None:
            raise AppError("qr_expired")
        if row.used_ms is not None:
            raise AppError("qr_used")
        return row

    def _state(self, connection: Connection, flow: int) -> Literal["waiting", "seen", "approved", "refused", "expired"]:
        q = a.qr_login.c
        row = connection.execute(select(a.qr_login).where(q.flow_id == flow).order_by(q.id.desc()).limit(1)).first()
        if row is None or row.used_ms is not None or row.expires_ms <= self._clock():
            return "expired"
        if row.refused_ms is not None:
            return "refused"
        if row.approved_ms is not None:
            return "approved"
        return "seen" if row.account_id is not None else "waiting"

    def _notify(self, flow: int) -> None:
        for event in self._waiters.get(flow, ()):
            event.set()
