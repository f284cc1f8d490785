"""Registration and log-in, one method an operation: brings the facts to ``flow`` and lets ``stepping`` act.

Every step is the same work for known and unknown contacts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage.db import Database
from storage.ids import new_id

from . import claims, people, profiles
from .attempts import Key, check_attempts, count_attempts, forgive_attempts
from .challenges import channels_for, latest_code, try_code
from .codes import resend_wait_ms
from .contacts import read_contact
from .flow import Event, Owner, State, advance, decide_code, decide_contact
from .nextstep import kept_links
from .passwords import Passwords
from .ports import Run, Transaction
from .sessions import token_hash
from .stepping import PROVEN_MS, Answer, Flows, Step, Visitor, load_flow
from .tokens import new_token


class LogIn:
    """What a visitor may do."""

    def __init__(
        self, database: Database, run: Run, clock: Callable[[], int], passwords: Passwords, flows: Flows
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._passwords = passwords
        self._flows = flows

    async def begin(self, visitor: Visitor, begin: w.FlowBegin) -> Answer:
        """A new flow; its link is checked before anything is asked (R-16). Somebody logged in is past the start."""

        def task(tx: Transaction) -> Answer:
            keys: list[Key] = [("begin:address", visitor.address)]
            check_attempts(tx.connection, keys, self._flows.settings.limits, tx.now, school=visitor.school_network)
            count_attempts(tx.connection, keys, tx.now)
            self._flows.check_link(tx.connection, begin.start, begin.link, visitor.account, tx.now)
            state: State = "contact"
            if visitor.account is not None:
                state = advance("contact", "begun_signed").state
            token, number = new_token(), new_id(tx.now)
            tx.connection.execute(
                insert(a.flow).values(
                    id=number,
                    token_sha256=token_hash(token),
                    start=begin.start,
                    state=state,
                    link=begin.link,
                    language=begin.language,
                    lasting=begin.lasting,
                    account_id=visitor.account,
                    created_ms=tx.now,
                    expires_ms=tx.now + self._flows.settings.flow_ms,
                )
            )
            row = tx.connection.execute(select(a.flow).where(a.flow.c.id == number)).one()
            return Answer(self._flows.view(tx.connection, row, tx.now), flow_token=token, lasting=begin.lasting)

        return await self._run(task)

    async def look(self, visitor: Visitor) -> w.Flow:
        """Where it stands; ``flow_unknown`` when there is none."""
        now = self._clock()

        def read(connection: Connection) -> w.Flow:
            row = load_flow(connection, visitor.flow, now)
            if row.state == "signed_in" and row.account_id != visitor.account:
                raise AppError("flow_unknown")  # logged out, or somebody else's session by now
            return self._flows.view(connection, row, now)

        return await self._database.read(read)

    async def give_contact(self, visitor: Visitor, given: w.FlowContact) -> Answer:
        """R-18, R-39: the answer tells nothing of whether the contact is known (D5)."""
        self._flows.documents.check_versions({"agreement": given.agreement_version, "privacy": given.privacy_version})
        contact = read_contact(given.contact, self._flows.settings.region)

        def decide(step: Step) -> AppError | None:
            connection, now = step.tx.connection, step.tx.now
            holder = people.holder_of(connection, contact.address)
            known = people.knows_device(
                connection, None if holder is None else holder.account, visitor.device_token, now
            )
            step.values |= {"kind": contact.kind, "address": contact.address, "account_id": None, "proven_ms": None}
            step.values |= {"wanted": "", "channel": ""}
            offered = self._flows.channels(connection, step.row, contact.kind, now)
            owner = None if holder is None else Owner(holder.argon2 is not None)
            event = decide_contact(owner, known_device=known, can_send=bool(offered))
            if event == "known_device" and holder is not None:
                step.values["account_id"] = holder.account
            return self._flows.happen(step, event, visitor, channel=given.channel)

        return await self._flows.run(visitor, decide)

    async def resend(self, visitor: Visitor, channel: w.Channel | None) -> Answer:
        """D1: another code after 120 s, by another way if wanted; at once when the last one failed to go out."""

        def decide(step: Step) -> AppError | None:
            last = latest_code(step.tx.connection, flow=step.row.id)
            if last is not None and last.failed_ms is None:
                wait_ms = resend_wait_ms(last.created_ms, step.tx.now, self._flows.settings.codes)
                switches = last.channel == "paper" or channel == "paper"
                if wait_ms and not switches:
                    raise AppError("resend_too_soon", seconds=-(-wait_ms // 1000))
            return self._flows.happen(step, "resent", visitor, channel=channel or step.row.channel)

        return await self._flows.run(visitor, decide)

    async def give_code(self, visitor: Visitor, typed: str) -> Answer:
        """R-22; wrong ones are counted for the code, the contact and the address (D1, D19)."""

        def decide(step: Step) -> AppError | None:
            connection, now, row = step.tx.connection, step.tx.now, step.row
            if row.state != "code":
                raise AppError("flow_step", state=row.state)
            keys: list[Key] = [("fail:contact", row.address), ("fail:address", visitor.address)]
            check_attempts(connection, keys, self._flows.settings.limits, now, school=visitor.school_network)
            last = latest_code(connection, flow=row.id, lock=True)
            invite = self._flows.named_invite(connection, row, now)
            verdict, left = try_code(connection, self._flows.key, last, typed, self._flows.settings.codes, now, invite)
            if verdict == "wrong":
                count_attempts(connection, keys, now)
                return AppError("code_wrong", left=left) if left else AppError("code_dead")
            forgive_attempts(connection, keys[:1])
            step.values["proven_ms"] = now
            claims.release_due(step.tx, row.address)
            holder = people.holder_of(connection, row.address)
            step.values["account_id"] = None if holder is None else holder.account
            child = holder is not None and self._flows.schools.is_child(connection, holder.account, now)
            owner = None if holder is None else Owner(holder.argon2 is not None, child)
            event, refusal = decide_code(row.start, row.wanted, owner, self._flows.refusal(connection, row, now))
            happened = self._flows.happen(step, event, visitor)
            return AppError(refusal) if refusal else happened

        return await self._flows.run(visitor, decide)

    async def give_password(self, visitor: Visitor, typed: str) -> Answer:
        """R-26; the same work for unknown contacts. Wrong ones count for the account or contact, and the address."""
        now = self._clock()

        def read(connection: Connection) -> tuple[Row[Any], str | None]:
            row = load_flow(connection, visitor.flow, now)
            if row.state != "password":
                raise AppError("flow_step", state=row.state)
            check_attempts(
                connection,
                _password_keys(row, visitor),
                self._flows.settings.limits,
                now,
                school=visitor.school_network,
            )
            holder = people.holder_of(connection, row.address)
            return row, None if holder is None else holder.argon2

        before, stored = await self._database.read(read)
        right = await self._passwords.verify(stored, typed)
        renewed = await self._passwords.hash(typed) if right and stored and self._passwords.outdated(stored) else ""

        def decide(step: Step) -> AppError | None:
            connection, at = step.tx.connection, step.tx.now
            keys = _password_keys(before, visitor)
            check_attempts(connection, keys, self._flows.settings.limits, at, school=visitor.school_network)
            holder = people.holder_of(connection, step.row.address)
            if not right or holder is None or holder.argon2 != stored or step.row.address != before.address:
                count_attempts(connection, keys, at)
                return AppError("password_wrong")
            forgive_attempts(connection, keys[:1])
            step.values["account_id"] = holder.account
            if renewed:
                people.set_password(connection, holder.account, renewed, at)
            return self._flows.happen(step, "password_right", visitor)

        return await self._flows.run(visitor, decide)

    async def forgot(self, visitor: Visitor) -> Answer:
        """R-28: a code first, unless this flow has just proved the contact."""

        def decide(step: Step) -> AppError | None:
            proven = step.row.proven_ms is not None and step.tx.now < step.row.proven_ms + PROVEN_MS
            step.values["wanted"] = "reset"
            return self._flows.happen(step, "forgot_proven" if proven else "forgot", visitor)

        return await self._flows.run(visitor, decide)

    async def new_password(self, visitor: Visitor, chosen: str) -> Answer:
        """S07: every other session of the account ends, and the devices that knew it are forgotten."""
        self._passwords.check(chosen)
        stored = await self._passwords.hash(chosen)

        def decide(step: Step) -> AppError | None:
            if step.row.state != "new_password":
                raise AppError("flow_step", state=step.row.state)
            self._flows.check_proven(step)
            holder = people.holder_of(step.tx.connection, step.row.address)
            if holder is None:
                raise AppError("flow_step", state=step.row.state)
            people.set_password(step.tx.connection, holder.account, stored, step.tx.now)
            people.forget_devices(step.tx.connection, holder.account)
            people.end_sessions(step.tx, holder.account)
            step.values["account_id"] = holder.account
            return self._flows.happen(step, "password_set", visitor)

        return await self._flows.run(visitor, decide)

    async def not_me(self, visitor: Visitor) -> Answer:
        """R-29, D4."""
        return await self._flows.run(visitor, lambda step: self._flows.happen(step, "not_me", visitor))

    async def other(self, visitor: Visitor, choice: str) -> Answer:
        """S06: another number, or a request for one that used to be someone else's (D20)."""

        def decide(step: Step) -> AppError | None:
            if choice == "own":
                return self._flows.happen(step, "own_number", visitor)
            proven = step.row.proven_ms is not None and step.tx.now < step.row.proven_ms + PROVEN_MS
            step.values["wanted"] = "claim"
            return self._flows.happen(step, "claimed_proven" if proven else "claimed", visitor)

        return await self._flows.run(visitor, decide)

    async def change_contact(self, visitor: Visitor) -> Answer:
        """«Изменить» of R-21."""
        return await self._flows.run(visitor, lambda step: self._flows.happen(step, "changed_contact", visitor))

    async def give_profile(self, visitor: Visitor, given: w.FlowProfile) -> Answer:
        """R-23, R-44, R-62: makes the account. The number may have been taken meanwhile (R-3)."""
        stored = ""
        if given.password:
            self._passwords.check(given.password)
            stored = await self._passwords.hash(given.password)

        def decide(step: Step) -> AppError | None:
            connection, now, row = step.tx.connection, step.tx.now, step.row
            if row.state != "profile":
                raise AppError("flow_step", state=row.state)
            self._flows.check_proven(step)
            form = profiles.form_of(row.start, self._flows.invite(connection, row, now))
            values = profiles.check_profile(given, form, now)
            if not stored and not channels_for(row.kind, self._flows.channels_set):
                raise AppError("password_needed")
            account = people.make_profile(connection, values, now)
            if not people.add_contact(connection, account, row.kind, row.address, now):
                raise AppError("phone_taken" if row.kind == "phone" else "email_taken")
            if stored:
                people.set_password(connection, account, stored, now)
            step.values["account_id"] = account
            return self._flows.happen(step, "profile_given", visitor)

        return await self._flows.run(visitor, decide)

    async def leave(self, visitor: Visitor) -> None:
        """«Выйти из аккаунта» of R-62: the flow is over, nothing is kept of it."""

        def task(tx: Transaction) -> None:
            f = a.flow.c
            row = tx.connection.execute(select(f.id).where(f.token_sha256 == token_hash(visitor.flow))).first()
            if row is not None:
                tx.connection.execute(delete(a.code).where(a.code.c.flow_id == row.id))
                tx.connection.execute(delete(a.flow).where(f.id == row.id))

        await self._run(task)

    async def answer_invitation(self, account: int, *, join: bool) -> None:
        """R-30…R-32: join makes the application, decline makes nothing; the kept link has its answer either way."""
        now = self._clock()
        _, link = await self._database.read(lambda c: kept_links(c, account, now, self._flows.schools))
        if not link:
            raise AppError("flow_unknown")
        await (self._flows.schools.join(account, link) if join else self._flows.schools.decline(account, link))
        f = a.flow.c

        def forget(tx: Transaction) -> None:
            tx.connection.execute(update(a.flow).where(f.account_id == account, f.link == link).values(link=""))

        await self._run(forget)

    async def enter(self, visitor: Visitor, event: Event, account: int) -> Answer:
        """Another way in has shown who it is (QR, external identity): log in through the same door."""

        def decide(step: Step) -> AppError | None:
            step.values["account_id"] = account
            return self._flows.happen(step, event, visitor)

        return await self._flows.run(visitor, decide)

    async def move(self, visitor: Visitor, event: Event, **values: Any) -> Answer:
        """A step without an effect of its own."""

        def decide(step: Step) -> AppError | None:
            step.values |= values
            return self._flows.happen(step, event, visitor)

        return await self._flows.run(visitor, decide)


def _password_keys(row: Row[Any], visitor: Visitor) -> list[Key]:
    return [("fail:account", row.address), ("fail:address", visitor.address)]
