"""The part of the composition root that builds registration and log-in. Holds no rule."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import Connection, select

from rtserver.actor import Actor
from rtserver.auth.courier import Courier
from rtserver.auth.documents import Documents
from rtserver.auth.login import LogIn
from rtserver.auth.oidc import ExternalLogIn
from rtserver.auth.passwords import Passwords
from rtserver.auth.ports import Run, Schools
from rtserver.auth.qr import QrLogIn
from rtserver.auth.security import Security
from rtserver.auth.senders.base import Sender, Words
from rtserver.auth.senders.http import HttpSender
from rtserver.auth.senders.outbox import OutboxSender
from rtserver.auth.senders.paper import make_sheet
from rtserver.auth.senders.smtp import SmtpSender
from rtserver.auth.sessions import Sessions
from rtserver.auth.stepping import Flows
from rtserver.config import ConfigError, Settings
from rtserver.routes.address import networks
from rtserver.routes.auth import AuthDoors
from rtserver.routes.http import EdgeSettings
from rtserver.routes.session import SessionDoors
from rtserver.wire.auth import AuthOptions, Channel
from storage import tables as t
from storage.db import Database, upsert

KEY_NAME = "code_key"
log = logging.getLogger(__name__)


def edge_settings(settings: Settings) -> EdgeSettings:
    """Raises ``ConfigError`` for a proxy that is no network."""
    try:
        trusted = networks(settings.server.trusted_proxies)
    except ValueError as error:
        raise ConfigError(f"server.trusted_proxies: {error}") from None
    if settings.server.url.startswith("https://") and not trusted:
        log.warning("server.url is https, trusted_proxies is empty: no cookie is Secure, limits see one address")
    return EdgeSettings(tuple(settings.hub.origins), trusted, settings.server.body_bytes)


def build_senders(settings: Settings) -> dict[str, Sender]:
    """Channel to its sender."""
    own = settings.auth
    host = settings.server.url.partition("://")[2].partition("/")[0].partition(":")[0]
    words = Words(settings.server.brand, settings.server.support, host, own.code_live_s // 60)
    senders: dict[str, Sender] = {}
    outbox = OutboxSender()
    if own.phone_sender == "outbox":
        senders |= {"sms": outbox, "call": outbox}
    elif own.phone_sender == "http":
        gateways = {"sms": settings.sms, "call": settings.call}
        senders |= {name: HttpSender(one.settings(), words) for name, one in gateways.items() if one.url}
        if not senders:
            raise ConfigError('auth.phone_sender is "http", and neither sms.url nor call.url is set')
    if own.email_sender == "outbox":
        senders["email"] = outbox
    elif own.email_sender == "smtp":
        senders["email"] = SmtpSender(settings.smtp.settings(), words)
    return senders


def check_senders(settings: Settings, *, loopback: bool) -> None:
    """D12: on a public address the outbox is refused."""
    own = settings.auth
    if not loopback and "outbox" in {own.phone_sender, own.email_sender}:
        raise ConfigError(
            "on a public host auth.phone_sender and auth.email_sender may not be 'outbox': use 'http', 'smtp' or 'none'"
        )


def load_code_key(connection: Connection) -> bytes:
    """The secret for digests of codes, made at the first start. It lives with the codes: both last ten minutes."""
    connection.execute(
        upsert(connection, t.instance).values(key=KEY_NAME, value=secrets.token_hex(32)).on_conflict_do_nothing()
    )
    return bytes.fromhex(
        connection.execute(select(t.instance.c.value).where(t.instance.c.key == KEY_NAME)).scalar_one()
    )


class AuthParts:
    """Registration and log-in, ready to be served; ``start`` and ``close`` own the courier."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        run: Run,
        schools: Schools,
        clock: Callable[[], int],
        key: bytes,
    ) -> None:
        self._run = run
        self._key = key
        own = settings.auth.settings(settings.server)
        senders = build_senders(settings)
        channels: list[Channel] = [name for name in ("sms", "call", "email") if name in senders]
        self.courier = Courier(database, clock, senders, key)
        self.passwords = Passwords(
            workers=settings.auth.password_workers,
            waiting=settings.auth.password_waiting,
            memory_kib=settings.auth.password_memory_kib,
            passes=settings.auth.password_passes,
            shortest=own.password_min,
        )
        folder = Path(settings.auth.documents) if settings.auth.documents else None
        try:
            documents = Documents(folder, own.brand, own.support)
            school_networks = networks(settings.auth.school_networks)
        except ValueError as error:
            raise ConfigError(f"auth: {error}") from None

        def named_by_gateway(channel: str) -> bool:
            return channel in senders and senders[channel].chooses_code

        wake = self.courier.wake
        flows = Flows(run, own, schools, documents, key, channels, named_by_gateway, wake)
        login = LogIn(database, run, clock, self.passwords, flows)
        security = Security(database, run, clock, own, self.passwords, schools, key, channels, named_by_gateway, wake)
        self.external = ExternalLogIn(database, run, clock, settings.oidc.settings(settings.server.url), login)
        options = AuthOptions(
            brand=own.brand,
            support=own.support,
            channels=channels,
            external=self.external.label,
            agreement_version=documents.versions()["agreement"],
            privacy_version=documents.versions()["privacy"],
            resend_s=own.codes.resend_ms // 1000,
            password_min=own.password_min,
            qr_s=own.qr_ms // 1000,
        )
        self.doors = AuthDoors(
            database=database,
            clock=clock,
            login=login,
            security=security,
            qr=QrLogIn(database, run, clock, own, login),
            external=self.external,
            documents=documents,
            schools=schools,
            options=options,
            school_networks=school_networks,
        )

    def session_doors(self, sessions: Sessions, end: Callable[[Actor], Awaitable[None]]) -> SessionDoors:
        doors, options = self.doors, self.doors.options
        return SessionDoors(
            database=doors.database,
            run=self._run,
            sessions=sessions,
            schools=doors.schools,
            documents=doors.documents,
            clock=doors.clock,
            end=end,
            brand=options.brand,
            support=options.support,
        )

    def make_codes(self, connection: Connection, invites: list[int], now: int, expires_ms: int) -> dict[int, str]:
        """Paper codes of named invites, for the sheet that is printed now (D12)."""
        return make_sheet(connection, self._key, invites, now, expires_ms)

    def start(self) -> None:
        self.courier.start()

    async def close(self) -> None:
        await self.courier.close()
        await self.external.close()
        self.passwords.close()
