"""One's own way in (S21 Security): contacts, password, sessions, requests for the number; closing the account.

Everything asks for the account's own session; a wrong current password counts like one at log-in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from rtserver.actor import Actor
from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage import tables as t
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.search import fold

from . import claims, people
from .attempts import Key, check_attempts, count_attempts
from .challenges import channels_for, issue_code, latest_code, try_code
from .codes import resend_wait_ms
from .contacts import read_contact, show_contact
from .passwords import Passwords
from .ports import Run, Schools, Transaction
from .sessions import end_session
from .settings import AuthSettings

CONTACTS_MAX = 3
"""A phone, an e-mail and one more while they change."""


class Security:
    """Everything of S21 «Безопасность» and «Мои данные» that changes something."""

    def __init__(
        self,
        database: Database,
        run: Run,
        clock: Callable[[], int],
        settings: AuthSettings,
        passwords: Passwords,
        schools: Schools,
        key: bytes,
        channels: Sequence[w.Channel],
        named_by_gateway: Callable[[str], bool],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._settings = settings
        self._passwords = passwords
        self._schools = schools
        self._key = key
        self._channels = tuple(channels)
        self._named_by_gateway = named_by_gateway
        self._wake = wake

    async def look(self, actor: Actor) -> w.Security:
        now = self._clock()
        return await self._database.read(lambda connection: _security(connection, actor.account, now))

    async def sessions(self, actor: Actor) -> w.SessionCards:
        now = self._clock()
        return await self._database.read(
            lambda connection: w.SessionCards(sessions=session_cards(connection, actor, now))
        )

    async def end_session(self, actor: Actor, session: str) -> None:
        """End one of the account's own; ``session_unknown`` for any other id."""

        def task(tx: Transaction) -> None:
            number = parse_id(session)
            s = t.session.c
            mine = select(s.id).where(s.id == number, s.account_id == actor.account)
            if tx.connection.execute(mine).first() is None or not end_session(tx.connection, number, tx.now):
                raise AppError("session_unknown")
            people.tell_session_ended(tx, actor.account, number)

        await self._run(task)

    async def end_others(self, actor: Actor) -> None:
        """«Выйти на других устройствах»: they are not known devices any more, either."""

        def task(tx: Transaction) -> None:
            people.end_sessions(tx, actor.account, but=actor.session)
            people.forget_devices(tx.connection, actor.account)

        await self._run(task)

    async def change_password(self, actor: Actor, change: w.PasswordChange, address: str) -> None:
        """Ends every other session. An account without a password sets its first one with the session alone."""
        self._passwords.check(change.new)
        await self._check_password(actor, change.current, address)
        stored = await self._passwords.hash(change.new)

        def task(tx: Transaction) -> None:
            people.set_password(tx.connection, actor.account, stored, tx.now)
            people.forget_devices(tx.connection, actor.account)
            people.end_sessions(tx, actor.account, but=actor.session)

        await self._run(task)

    async def add_contact(self, actor: Actor, add: w.ContactAdd, address: str, *, school: bool) -> w.Security:
        """A second contact (D2) gets a code; whether it is free is told only after the code (D5)."""
        contact = read_contact(add.contact, self._settings.region)
        offered = channels_for(contact.kind, self._channels)
        wanted = [one for one in offered if add.channel in (None, one)]
        if not wanted:
            raise AppError("channel_unavailable")

        def task(tx: Transaction) -> w.Security:
            connection, now = tx.connection, tx.now
            last = latest_code(connection, account=actor.account)
            if last is not None and last.failed_ms is None and last.used_ms is None:
                wait_ms = resend_wait_ms(last.created_ms, now, self._settings.codes)
                if wait_ms:
                    raise AppError("resend_too_soon", seconds=-(-wait_ms // 1000))
            keys: list[Key] = [("send:contact", contact.address), ("send:address", address)]
            check_attempts(connection, keys, self._settings.limits, now, school=school)
            count_attempts(connection, keys, now)
            issue_code(
                connection,
                self._key,
                flow=None,
                account=actor.account,
                kind=contact.kind,
                address=contact.address,
                channel=wanted[0],
                language=add.language,
                named_by_gateway=self._named_by_gateway(wanted[0]),
                rules=self._settings.codes,
                now=now,
            )
            return _security(connection, actor.account, now)

        answer = await self._run(task)
        self._wake()
        return answer

    async def confirm_contact(self, actor: Actor, typed: str, address: str, *, school: bool) -> w.Security:
        """R-3, R-7: one profile for each contact."""

        def task(tx: Transaction) -> w.Security | AppError:
            connection, now = tx.connection, tx.now
            last = latest_code(connection, account=actor.account, lock=True)
            keys: list[Key] = [("fail:account", wire_id(actor.account)), ("fail:address", address)]
            check_attempts(connection, keys, self._settings.limits, now, school=school)
            verdict, left = try_code(connection, self._key, last, typed, self._settings.codes, now, None)
            if verdict == "wrong" or last is None:
                count_attempts(connection, keys, now)
                return AppError("code_wrong", left=left) if left else AppError("code_dead")
            held = connection.execute(
                select(func.count()).select_from(a.contact).where(a.contact.c.account_id == actor.account)
            ).scalar_one()
            claims.release_due(tx, last.address)
            taken = AppError("phone_taken" if last.kind == "phone" else "email_taken")
            if held >= CONTACTS_MAX:
                return AppError("contacts_limit", limit=CONTACTS_MAX)
            if not people.add_contact(connection, actor.account, last.kind, last.address, now):
                return taken
            return _security(connection, actor.account, now)

        answer = await self._run(task)
        if isinstance(answer, AppError):
            raise answer
        return answer

    async def remove_contact(self, actor: Actor, contact: str) -> w.Security:
        """``contact_last`` for the last one: nobody locks themselves out."""

        def task(tx: Transaction) -> w.Security:
            c = a.contact.c
            tx.connection.execute(
                select(t.account.c.id).where(t.account.c.id == actor.account).with_for_update(key_share=True)
            )
            mine = set(tx.connection.execute(select(c.id).where(c.account_id == actor.account)).scalars())
            if parse_id(contact) not in mine:
                raise AppError("contact_unknown")
            if len(mine) == 1:
                raise AppError("contact_last")
            tx.connection.execute(delete(a.contact).where(c.id == parse_id(contact)))
            people.forget_devices(tx.connection, actor.account)
            return _security(tx.connection, actor.account, tx.now)

        return await self._run(task)

    async def answer_claim(self, actor: Actor, claim: str, *, release: bool) -> None:
        """D20: the account that holds the number."""
        await self._run(lambda tx: claims.answer_claim(tx, actor.account, claim, release=release))

    async def close_account(self, actor: Actor, close: w.AccountClose, address: str) -> None:
        """E-13: the contacts are free again, every session ends, names and birth date go; messages stay in their
        chats without a name, since they belong to the conversation (``verify`` still proves every log).
        """
        await self._check_password(actor, close.password, address)

        def task(tx: Transaction) -> None:
            connection, account = tx.connection, actor.account
            row = connection.execute(
                select(t.account).where(t.account.c.id == account).with_for_update(key_share=True)
            ).one()
            if fold(close.last_name.strip()) != fold(row.last_name):
                raise AppError("close_unconfirmed")
            self._schools.leave_everything(tx, account)
            tx.leave_rooms(account)
            people.end_sessions(tx, account)
            for table in (a.contact, a.password, a.known_device, a.external_identity):
                connection.execute(delete(table).where(table.c.account_id == account))
            connection.execute(delete(a.code).where(a.code.c.account_id == account))
            connection.execute(
                update(a.flow).where(a.flow.c.account_id == account).values(expires_ms=tx.now, address="", link="")
            )
            connection.execute(
                update(t.account)
                .where(t.account.c.id == account)
                .values(
                    closed_ms=tx.now,
                    first_name="",
                    last_name="",
                    patronymic="",
                    name_fold="",
                    birth_date=None,
                    gender="",
                )
            )

        await self._run(task)

    async def _check_password(self, actor: Actor, typed: str, address: str) -> None:
        """Raise ``password_wrong`` and count it; passes where there is no password."""
        now = self._clock()
        keys: list[Key] = [("fail:account", wire_id(actor.account)), ("fail:address", address)]

        def read(connection: Connection) -> str | None:
            check_attempts(connection, keys, self._settings.limits, now)
            holder = people.holder(connection, actor.account)
            if holder is None:
                raise AppError("session_ended")
            return holder.argon2

        stored = await self._database.read(read)
        right = stored is None or await self._passwords.verify(stored, typed)

        def count(tx: Transaction) -> None:
            check_attempts(tx.connection, keys, self._settings.limits, tx.now)  # again: many may be tried at once
            if not right:
                count_attempts(tx.connection, keys, tx.now)

        await self._run(count)
        if not right:
            raise AppError("password_wrong")


def own_contacts(connection: Connection, account: int) -> list[w.OwnContact]:
    c = a.contact.c
    rows = connection.execute(select(a.contact).where(c.account_id == account).order_by(c.id))
    return [
        w.OwnContact(
            id=wire_id(row.id), kind=row.kind, address=show_contact(row.kind, row.address), since=row.verified_ms
        )
        for row in rows
    ]


def session_cards(connection: Connection, actor: Actor, now: int) -> list[w.SessionCard]:
    """Living sessions of the account, the newest use first."""
    s = t.session.c
    rows = connection.execute(
        select(s.id, s.device, s.created_ms, s.seen_ms)
        .where(s.account_id == actor.account, s.ended_ms.is_(None), s.expires_ms > now)
        .order_by(s.seen_ms.desc(), s.id.desc())
        .limit(200)
    )
    return [
        w.SessionCard(
            id=wire_id(row.id),
            device=row.device,
            created=row.created_ms,
            seen=row.seen_ms,
            current=row.id == actor.session,
        )
        for row in rows
    ]


def _security(connection: Connection, account: int, now: int) -> w.Security:
    changed: Any = connection.execute(
        select(a.password.c.changed_ms).where(a.password.c.account_id == account)
    ).scalar()
    code = latest_code(connection, account=account)
    waits = code is not None and code.used_ms is None and code.expires_ms > now
    return w.Security(
        contacts=own_contacts(connection, account),
        has_password=changed is not None,
        password_changed=changed,
        pending=show_contact(code.kind, code.address) if code is not None and waits else "",
        claims=claims.waiting_claims(connection, account),
    )
