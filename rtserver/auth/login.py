"""Registration and log-in step by step: loads the flow's row, asks ``flow`` what happens, does its effect.

Every step runs in the writer's transaction and is the same work for known and unknown contacts. A step that must be
both counted and refused (a wrong code) returns its refusal, so that the count is committed; ``settle`` raises it after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import InviteCheck
from storage import auth_tables as a
from storage.db import Database
from storage.ids import new_id

from . import claims, people, profiles
from .attempts import Key, check_attempts, count_attempts, forgive_attempts
from .challenges import channels_for, issue_code, latest_code, paper_for, try_code
from .codes import resend_wait_ms
from .contacts import read_contact
from .documents import Documents
from .flow import Event, Owner, State, advance, decide_code, decide_contact, registration_refusal
from .limits import LimitRules
from .nextstep import kept_links
from .passwords import Passwords
from .ports import Run, Schools, Transaction
from .sessions import open_session, token_hash
from .settings import AuthSettings
from .tokens import new_token
from .views import flow_view

PROVEN_MS = 900_000
"""A right code lets its flow set a password or make a profile for 15 minutes; afterwards another code is asked."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: cookies of the browser, the address that limits count, the device in a few words."""

    flow: str = ""
    device_token: str = ""
    address: str = ""
    device: str = ""
    account: int | None = None
    school_network: bool = False


@dataclass(slots=True)
class Answer:
    """The flow as it stands now and the cookies to set; an empty token leaves its cookie alone."""

    view: w.Flow
    flow_token: str = ""
    session_token: str = ""
    device_token: str = ""
    lasting: bool = True


@dataclass(slots=True)
class Step:
    """One step in its transaction: what a flow's row becomes, and the tokens it gives out."""

    tx: Transaction
    row: Row[Any]
    values: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.values.get(name, getattr(self.row, name))


class LogIn:
    """The flow's steps; ``key`` is the server's secret for digests of codes."""

    def __init__(
        self,
        database: Database,
        run: Run,
        clock: Callable[[], int],
        settings: AuthSettings,
        passwords: Passwords,
        schools: Schools,
        documents: Documents,
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
        self._documents = documents
        self._key = key
        self._channels = tuple(channels)
        self._named_by_gateway = named_by_gateway
        self._wake = wake

    # --- steps -------------------------------------------------------------------------------------------------

    async def begin(self, visitor: Visitor, begin: w.FlowBegin) -> Answer:
        """A new flow; its link is checked before anything is asked (R-16). Somebody logged in is past the start."""

        def task(tx: Transaction) -> Answer:
            keys: list[Key] = [("begin:address", visitor.address)]
            check_attempts(tx.connection, keys, self._limits, tx.now, school=visitor.school_network)
            count_attempts(tx.connection, keys, tx.now)
            self._check_link(tx.connection, begin.start, begin.link, visitor.account, tx.now)
            tx.connection.execute(delete(a.flow).where(a.flow.c.expires_ms < tx.now - self._settings.flow_ms))
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
                    expires_ms=tx.now + self._settings.flow_ms,
                )
            )
            row = tx.connection.execute(select(a.flow).where(a.flow.c.id == number)).one()
            return Answer(self._view(tx.connection, row, tx.now), flow_token=token, lasting=begin.lasting)

        return await self._run(task)

    async def look(self, visitor: Visitor) -> w.Flow:
        """Where it stands; ``flow_unknown`` when there is none."""
        now = self._clock()

        def read(connection: Connection) -> w.Flow:
            row = load_flow(connection, visitor.flow, now)
            if row.state == "signed_in" and row.account_id != visitor.account:
                raise AppError("flow_unknown")  # logged out, or somebody else's session by now
            return self._view(connection, row, now)

        return await self._database.read(read)

    async def give_contact(self, visitor: Visitor, given: w.FlowContact) -> Answer:
        """R-18, R-39: the answer tells nothing of whether the contact is known (D5)."""
        self._documents.check_versions({"agreement": given.agreement_version, "privacy": given.privacy_version})
        contact = read_contact(given.contact, self._settings.region)

        def decide(step: Step) -> AppError | None:
            connection, now = step.tx.connection, step.tx.now
            holder = people.holder_of(connection, contact.address)
            known = people.knows_device(
                connection, None if holder is None else holder.account, visitor.device_token, now
            )
            step.values |= {"kind": contact.kind, "address": contact.address, "account_id": None, "proven_ms": None}
            step.values |= {"wanted": "", "channel": ""}
            offered = self.channels(connection, step.row, contact.kind, now)
            owner = None if holder is None else Owner(holder.argon2 is not None)
            event = decide_contact(owner, known_device=known, can_send=bool(offered))
            if event == "known_device" and holder is not None:
                step.values["account_id"] = holder.account
            return self._happen(step, event, visitor, channel=given.channel)

        return await self._step(visitor, decide)

    async def resend(self, visitor: Visitor, channel: w.Channel | None) -> Answer:
        """D1: another code after 120 s, by another way if wanted; at once when the last one failed to go out."""

        def decide(step: Step) -> AppError | None:
            last = latest_code(step.tx.connection, flow=step.row.id)
            if last is not None and last.failed_ms is None:
                wait_ms = resend_wait_ms(last.created_ms, step.tx.now, self._settings.codes)
                switches = last.channel == "paper" or channel == "paper"
                if wait_ms and not switches:
                    raise AppError("resend_too_soon", seconds=-(-wait_ms // 1000))
            return self._happen(step, "resent", visitor, channel=channel or step.row.channel)

        return await self._step(visitor, decide)

    async def give_code(self, visitor: Visitor, typed: str) -> Answer:
        """R-22; wrong ones are counted for the code, the contact and the address (D1, D19)."""

        def decide(step: Step) -> AppError | None:
            connection, now, row = step.tx.connection, step.tx.now, step.row
            if row.state != "code":
                raise AppError("flow_step", state=row.state)
            keys: list[Key] = [("fail:contact", row.address), ("fail:address", visitor.address)]
            check_attempts(connection, keys, self._limits, now, school=visitor.school_network)
            last = latest_code(connection, flow=row.id, lock=True)
            invite = self._named_invite(connection, row, now)
            verdict, left = try_code(connection, self._key, last, typed, self._settings.codes, now, invite)
            if verdict == "wrong":
                count_attempts(connection, keys, now)
                return AppError("code_wrong", left=left) if left else AppError("code_dead")
            forgive_attempts(connection, keys[:1])
            step.values["proven_ms"] = now
            claims.release_due(step.tx, row.address)
            holder = people.holder_of(connection, row.address)
            step.values["account_id"] = None if holder is None else holder.account
            child = holder is not None and self._schools.is_child(connection, holder.account, now)
            owner = None if holder is None else Owner(holder.argon2 is not None, child)
            event, refusal = decide_code(row.start, row.wanted, owner, self._refusal(connection, row, now))
            happened = self._happen(step, event, visitor)
            return AppError(refusal) if refusal else happened

        return await self._step(visitor, decide)

    async def give_password(self, visitor: Visitor, typed: str) -> Answer:
        """R-26; the same work for unknown contacts. Wrong ones count for the account or contact, and the address."""
        now = self._clock()

        def read(connection: Connection) -> tuple[Row[Any], str | None]:
            row = load_flow(connection, visitor.flow, now)
            if row.state != "password":
                raise AppError("flow_step", state=row.state)
            check_attempts(connection, _password_keys(row, visitor), self._limits, now, school=visitor.school_network)
            holder = people.holder_of(connection, row.address)
            return row, None if holder is None else holder.argon2

        before, stored = await self._database.read(read)
        right = await self._passwords.verify(stored, typed)
        renewed = await self._passwords.hash(typed) if right and stored and self._passwords.outdated(stored) else ""

        def decide(step: Step) -> AppError | None:
            connection, at = step.tx.connection, step.tx.now
            keys = _password_keys(before, visitor)
            check_attempts(connection, keys, self._limits, at, school=visitor.school_network)
            holder = people.holder_of(connection, step.row.address)
            if not right or holder is None or holder.argon2 != stored or step.row.address != before.address:
                count_attempts(connection, keys, at)
                return AppError("password_wrong")
            forgive_attempts(connection, keys[:1])
            step.values["account_id"] = holder.account
            if renewed:
                people.set_password(connection, holder.account, renewed, at)
            return self._happen(step, "password_right", visitor)

        return await self._step(visitor, decide)

    async def forgot(self, visitor: Visitor) -> Answer:
        """R-28: a code first, unless this flow has just proved the contact."""

        def decide(step: Step) -> AppError | None:
            proven = step.row.proven_ms is not None and step.tx.now < step.row.proven_ms + PROVEN_MS
            step.values["wanted"] = "reset"
            return self._happen(step, "forgot_proven" if proven else "forgot", visitor)

        return await self._step(visitor, decide)

    async def new_password(self, visitor: Visitor, chosen: str) -> Answer:
        """S07: every other session of the account ends, and the devices that knew it are forgotten."""
        self._passwords.check(chosen)
        stored = await self._passwords.hash(chosen)

        def decide(step: Step) -> AppError | None:
            self._check_proven(step)
            holder = people.holder_of(step.tx.connection, step.row.address)
            if holder is None:
                raise AppError("flow_step", state=step.row.state)
            people.set_password(step.tx.connection, holder.account, stored, step.tx.now)
            people.forget_devices(step.tx.connection, holder.account)
            people.end_sessions(step.tx, holder.account)
            step.values["account_id"] = holder.account
            return self._happen(step, "password_set", visitor)

        return await self._step(visitor, decide)

    async def not_me(self, visitor: Visitor) -> Answer:
        """R-29, D4."""
        return await self._step(visitor, lambda step: self._happen(step, "not_me", visitor))

    async def other(self, visitor: Visitor, choice: str) -> Answer:
        """S06: another number, or a request for one that used to be someone else's (D20)."""

        def decide(step: Step) -> AppError | None:
            if choice == "own":
                return self._happen(step, "own_number", visitor)
            proven = step.row.proven_ms is not None and step.tx.now < step.row.proven_ms + PROVEN_MS
            step.values["wanted"] = "claim"
            return self._happen(step, "claimed_proven" if proven else "claimed", visitor)

        return await self._step(visitor, decide)

    async def change_contact(self, visitor: Visitor) -> Answer:
        """«Изменить» of R-21."""
        return await self._step(visitor, lambda step: self._happen(step, "changed_contact", visitor))

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
            self._check_proven(step)
            form = profiles.form_of(row.start, self._invite(connection, row, now))
            values = profiles.check_profile(given, form, now)
            if not stored and not channels_for(row.kind, self._channels):
                raise AppError("password_needed")
            account = people.make_profile(connection, values, now)
            if not people.add_contact(connection, account, row.kind, row.address, now):
                raise AppError("phone_taken" if row.kind == "phone" else "email_taken")
            if stored:
                people.set_password(connection, account, stored, now)
            step.values["account_id"] = account
            return self._happen(step, "profile_given", visitor)

        return await self._step(visitor, decide)

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
        _, link = await self._database.read(lambda c: kept_links(c, account, now, self._schools))
        if not link:
            raise AppError("flow_unknown")
        await (self._schools.join(account, link) if join else self._schools.decline(account, link))
        f = a.flow.c

        def forget(tx: Transaction) -> None:
            tx.connection.execute(update(a.flow).where(f.account_id == account, f.link == link).values(link=""))

        await self._run(forget)

    async def enter(self, visitor: Visitor, event: Event, account: int) -> Answer:
        """Another way in has shown who it is (QR, external identity): log in through the same door."""

        def decide(step: Step) -> AppError | None:
            step.values["account_id"] = account
            return self._happen(step, event, visitor)

        return await self._step(visitor, decide)

    async def move(self, visitor: Visitor, event: Event, **values: Any) -> Answer:
        """A step without an effect of its own."""

        def decide(step: Step) -> AppError | None:
            step.values |= values
            return self._happen(step, event, visitor)

        return await self._step(visitor, decide)

    def channels(self, connection: Connection, row: Row[Any], kind: str, now: int) -> list[w.Channel]:
        """Ways a code may reach this contact in this flow, paper included where a sheet waits (D12)."""
        offered = channels_for(kind, self._channels)
        if paper_for(connection, self._named_invite(connection, row, now), now):
            offered.append("paper")
        return offered

    # --- inside a step -----------------------------------------------------------------------------------------

    @property
    def _limits(self) -> LimitRules:
        return self._settings.limits

    async def _step(self, visitor: Visitor, decide: Callable[[Step], AppError | None]) -> Answer:
        def task(tx: Transaction) -> tuple[Answer, AppError | None]:
            row = load_flow(tx.connection, visitor.flow, tx.now, lock=True)
            step = Step(tx, row)
            refusal = decide(step)
            if step.values:
                tx.connection.execute(update(a.flow).where(a.flow.c.id == row.id).values(**step.values))
            fresh = tx.connection.execute(select(a.flow).where(a.flow.c.id == row.id)).one()
            view = self._view(tx.connection, fresh, tx.now)
            return Answer(view, **step.tokens, lasting=fresh.lasting), refusal

        answer, refusal = await self._run(task)
        self._wake()
        if refusal is not None:
            raise refusal
        return answer

    def _happen(self, step: Step, event: Event, visitor: Visitor, *, channel: str | None = None) -> AppError | None:
        """Move by the table and do the effect."""
        move = advance(step.row.state, event)
        step.values["state"] = move.state
        if move.effect == "send_code":
            self._send_code(step, visitor, channel)
        elif move.effect == "forget":
            cleared: Mapping[str, Any] = {"kind": "", "address": "", "channel": "", "account_id": None}
            step.values |= {**cleared, "proven_ms": None, "wanted": ""}
        elif move.effect == "make_claim":
            return claims.make_claim(step.tx, step.get("address"), self._settings)
        elif move.effect in {"open_session", "make_account", "set_password"}:
            self._log_in(step, visitor)
        return None

    def _send_code(self, step: Step, visitor: Visitor, wanted: str | None) -> None:
        connection, now = step.tx.connection, step.tx.now
        kind, address = step.get("kind"), step.get("address")
        offered = self.channels(connection, step.row, kind, now)
        channel = next((one for one in offered if one == wanted), None) if wanted else next(iter(offered), None)
        if channel is None:
            raise AppError("channel_unavailable")
        if channel != "paper":
            keys: list[Key] = [("send:contact", address), ("send:address", visitor.address)]
            check_attempts(connection, keys, self._limits, now, school=visitor.school_network)
            count_attempts(connection, keys, now)
        step.values["channel"] = channel
        issue_code(
            connection,
            self._key,
            flow=step.row.id,
            account=None,
            kind=kind,
            address=address,
            channel=channel,
            language=step.row.language,
            named_by_gateway=self._named_by_gateway(channel),
            rules=self._settings.codes,
            now=now,
        )

    def _log_in(self, step: Step, visitor: Visitor) -> None:
        """A new session and a new flow token: what the browser held before the log-in opens nothing after it."""
        connection, now, account = step.tx.connection, step.tx.now, int(step.get("account_id"))
        step.tokens["session_token"] = open_session(connection, account, visitor.device, now, lasting=step.row.lasting)
        step.tokens["flow_token"] = new_token()
        step.values["token_sha256"] = token_hash(step.tokens["flow_token"])
        if step.row.lasting:
            device = visitor.device_token or new_token()
            step.tokens["device_token"] = device
            people.remember_device(connection, account, device, now)
        if step.row.issuer:
            people.bind_external(connection, step.row.issuer, step.row.subject, account, now)
        people.accept_documents(connection, account, self._documents.versions(), now)

    def _check_proven(self, step: Step) -> None:
        if step.row.proven_ms is None or step.tx.now >= step.row.proven_ms + PROVEN_MS:
            raise AppError("code_expired")

    def _check_link(self, connection: Connection, start: str, link: str, viewer: int | None, now: int) -> None:
        if start == "invite":
            self._schools.check_invite(connection, link, now)
        elif start == "parent":
            self._schools.check_parent_link(connection, link, viewer, now)

    def _invite(self, connection: Connection, row: Row[Any], now: int) -> InviteCheck | None:
        return self._schools.check_invite(connection, row.link, now) if row.start == "invite" and row.link else None

    def _named_invite(self, connection: Connection, row: Row[Any], now: int) -> int | None:
        return self._schools.named_invite(connection, row.link, now) if row.start == "invite" and row.link else None

    def _refusal(self, connection: Connection, row: Row[Any], now: int) -> str | None:
        invite = self._invite(connection, row, now)
        return registration_refusal(
            row.start,
            row.kind,
            email_allowed=invite is not None and invite.email_allowed,
            invited_student=invite is not None and invite.role == "student",
        )

    def _view(self, connection: Connection, row: Row[Any], now: int) -> w.Flow:
        offered = self.channels(connection, row, row.kind, now) if row.state == "code" else []
        return flow_view(connection, row, now, self._settings, self._schools, offered)


def load_flow(connection: Connection, token: str, now: int, *, lock: bool = False) -> Row[Any]:
    """The living flow of a token; ``flow_unknown`` otherwise."""
    f = a.flow.c
    query = select(a.flow).where(f.token_sha256 == token_hash(token), f.expires_ms > now)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise AppError("flow_unknown")
    return row


def _password_keys(row: Row[Any], visitor: Visitor) -> list[Key]:
    return [("fail:account", row.address), ("fail:address", visitor.address)]
