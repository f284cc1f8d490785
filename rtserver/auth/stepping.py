"""One step of a flow in the writer's transaction: load and lock its row, decide, do the effect, show the result.

A step that must be both counted and refused (a wrong code) returns its refusal, so that the count is committed first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select, update

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import InviteCheck
from storage import auth_tables as a

from . import claims, people
from .attempts import Key, check_attempts, count_attempts
from .challenges import channels_for, issue_code, paper_for
from .documents import Documents
from .flow import Event, advance, registration_refusal
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


class Flows:
    """Runs steps on flows' rows; ``key`` is the server's secret for digests of codes."""

    def __init__(
        self,
        run: Run,
        settings: AuthSettings,
        schools: Schools,
        documents: Documents,
        key: bytes,
        channels: Sequence[w.Channel],
        named_by_gateway: Callable[[str], bool],
        wake: Callable[[], None],
    ) -> None:
        self._run = run
        self.settings = settings
        self.schools = schools
        self.documents = documents
        self.key = key
        self.channels_set = tuple(channels)
        self._named_by_gateway = named_by_gateway
        self._wake = wake

    def channels(self, connection: Connection, row: Row[Any], kind: str, now: int) -> list[w.Channel]:
        """Ways a code may reach this contact in this flow, paper included where a sheet waits (D12)."""
        offered = channels_for(kind, self.channels_set)
        if paper_for(connection, self.named_invite(connection, row, now), now):
            offered.append("paper")
        return offered

    async def run(self, visitor: Visitor, decide: Callable[[Step], AppError | None]) -> Answer:
        def task(tx: Transaction) -> tuple[Answer, AppError | None]:
            row = load_flow(tx.connection, visitor.flow, tx.now, lock=True)
            step = Step(tx, row)
            refusal = decide(step)
            if step.values:
                tx.connection.execute(update(a.flow).where(a.flow.c.id == row.id).values(**step.values))
            fresh = tx.connection.execute(select(a.flow).where(a.flow.c.id == row.id)).one()
            view = self.view(tx.connection, fresh, tx.now)
            return Answer(view, **step.tokens, lasting=fresh.lasting), refusal

        answer, refusal = await self._run(task)
        self._wake()
        if refusal is not None:
            raise refusal
        return answer

    def happen(self, step: Step, event: Event, visitor: Visitor, *, channel: str | None = None) -> AppError | None:
        """Move by the table and do the effect."""
        move = advance(step.row.state, event)
        step.values["state"] = move.state
        if move.effect == "send_code":
            self._send_code(step, visitor, channel)
        elif move.effect == "forget":
            cleared: Mapping[str, Any] = {"kind": "", "address": "", "channel": "", "account_id": None}
            # the external identity goes, too: whoever types the next number may be somebody else at this computer
            step.values |= {**cleared, "proven_ms": None, "wanted": "", "issuer": "", "subject": ""}
        elif move.effect == "make_claim":
            return claims.make_claim(step.tx, step.get("address"), self.settings)
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
            check_attempts(connection, keys, self.settings.limits, now, school=visitor.school_network)
            count_attempts(connection, keys, now)
        step.values["channel"] = channel
        issue_code(
            connection,
            self.key,
            flow=step.row.id,
            account=None,
            kind=kind,
            address=address,
            channel=channel,
            language=step.row.language,
            named_by_gateway=self._named_by_gateway(channel),
            rules=self.settings.codes,
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
        people.accept_documents(connection, account, self.documents.versions(), now)

    def check_proven(self, step: Step) -> None:
        if step.row.proven_ms is None or step.tx.now >= step.row.proven_ms + PROVEN_MS:
            raise AppError("code_expired")

    def check_link(self, connection: Connection, start: str, link: str, viewer: int | None, now: int) -> None:
        if start == "invite":
            self.schools.check_invite(connection, link, now)
        elif start == "parent":
            self.schools.check_parent_link(connection, link, viewer, now)

    def invite(self, connection: Connection, row: Row[Any], now: int) -> InviteCheck | None:
        return self.schools.check_invite(connection, row.link, now) if row.start == "invite" and row.link else None

    def named_invite(self, connection: Connection, row: Row[Any], now: int) -> int | None:
        return self.schools.named_invite(connection, row.link, now) if row.start == "invite" and row.link else None

    def refusal(self, connection: Connection, row: Row[Any], now: int) -> str | None:
        invite = self.invite(connection, row, now)
        return registration_refusal(
            row.start,
            row.kind,
            email_allowed=invite is not None and invite.email_allowed,
            invited_student=invite is not None and invite.role == "student",
        )

    def view(self, connection: Connection, row: Row[Any], now: int) -> w.Flow:
        offered = self.channels(connection, row, row.kind, now) if row.state == "code" else []
        return flow_view(connection, row, now, self.settings, self.schools, offered)


def load_flow(connection: Connection, token: str, now: int, *, lock: bool = False) -> Row[Any]:
    """The living flow of a token; ``flow_unknown`` otherwise."""
    f = a.flow.c
    query = select(a.flow).where(f.token_sha256 == token_hash(token), f.expires_ms > now)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise AppError("flow_unknown")
    return row
