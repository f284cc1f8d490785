"""Typed settings from config.toml and ``RT_SECTION__KEY`` in the environment. Refuses keys it does not know."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from rtserver.auth.codes import CodeRules
from rtserver.auth.limits import LimitRules
from rtserver.auth.oidc import OidcSettings
from rtserver.auth.senders.http import GatewaySettings
from rtserver.auth.senders.smtp import SmtpSettings
from rtserver.auth.settings import AuthSettings
from rtserver.chat.rules import ChatLimits
from rtserver.hub.hub import HubSettings
from rtserver.hub.limits import Rate
from rtserver.log import Format, Level
from rtserver.school.settings import DAY_MS, SchoolSettings


class ConfigError(Exception):
    """The configuration cannot be used; the text says which key and why."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class ServerSection(_Section, frozen=True):
    brand: str = "rtserver"
    support: str = "support@school.example"
    host: str = "127.0.0.1"
    port: Port = 8080
    operator_host: str = "127.0.0.1"
    operator_port: Port = 9090
    url: str = "http://localhost:8080"
    trusted_proxies: list[str] = []
    body_bytes: int = 65_536


class StorageSection(_Section, frozen=True):
    database: str = "sqlite:///data/rtserver.db"
    readers: int = 4
    sweep_every_s: float = 60.0


class HubSection(_Section, frozen=True):
    ping_interval_s: int = 25
    ping_timeout_s: int = 20
    max_message_bytes: int = 262_144
    slow_cut_bytes: int = 262_144
    slow_bytes: int = 65_536
    slow_s: float = 10.0
    heads_every_s: float = 5.0
    sessions_every_s: float = 60.0
    connections_per_account: int = 20
    origins: list[str] = []
    direct_delivery: bool = True
    commands_per_s: float = 10.0
    commands_burst: float = 60.0

    def settings(self, support: str) -> HubSettings:
        values = msgspec.structs.asdict(self)
        rate = Rate(values.pop("commands_per_s"), values.pop("commands_burst"))
        values["origins"] = tuple(values["origins"])
        return HubSettings(**values, default_rate=rate, support=support)


class ChatSection(_Section, frozen=True):
    text_chars: int = 4_000
    title_chars: int = 120
    edit_ms: int = 86_400_000
    delete_ms: int = 86_400_000
    pinned_messages: int = 50
    distinct_reactions: int = 20
    members: int = 1_000
    receipt_ms: int = 604_800_000
    account_log: int = 10_000
    read_marks_ms: int = 2_000

    def limits(self) -> ChatLimits:
        return ChatLimits(**msgspec.structs.asdict(self))


class SchoolSection(_Section, frozen=True):
    parents_max: int = 2
    parent_link_days: int = 7
    invites_active: int = 500
    applications_waiting: int = 5
    applications_day: int = 20
    list_lines: int = 5_000
    list_bytes: int = 2_097_152
    avatar_bytes: int = 10_485_760
    avatar_side_px: int = 512
    applications_keep_days: int = 90
    journal_keep_days: int = 1_095
    unconfirmed_keep_days: int = 30

    def settings(self, server: ServerSection) -> SchoolSettings:
        values = msgspec.structs.asdict(self)
        days = {name: values.pop(name) for name in tuple(values) if name.endswith("_days")}
        spans = {f"{name.removesuffix('_days')}_ms": value * DAY_MS for name, value in days.items()}
        return SchoolSettings(**{**values, **spans, "brand": server.brand, "url": server.url.rstrip("/")})


class AuthSection(_Section, frozen=True):
    phone_sender: Literal["outbox", "http", "none"] = "outbox"
    email_sender: Literal["outbox", "smtp", "none"] = "outbox"
    phone_region: str = "RU"
    code_live_s: int = 600
    code_tries: int = 5
    resend_s: int = 120
    flow_hours: int = 24
    password_min: int = 8
    password_workers: int = 2
    password_waiting: int = 256
    password_memory_kib: int = 19_456
    password_passes: int = 2
    qr_s: int = 60
    qr_approval_s: int = 120
    claim_days: int = 7
    school_networks: list[str] = []
    school_factor: int = 20
    sends_contact: int = 5
    sends_address: int = 60
    fails_contact: int = 15
    fails_account: int = 10
    fails_address: int = 60
    begins_address: int = 600
    documents: str = ""

    def settings(self, server: ServerSection) -> AuthSettings:
        return AuthSettings(
            brand=server.brand,
            support=server.support,
            url=server.url.rstrip("/"),
            region=self.phone_region,
            codes=CodeRules(self.code_live_s * 1000, self.code_tries, self.resend_s * 1000),
            limits=LimitRules(
                sends_contact=self.sends_contact,
                sends_address=self.sends_address,
                fails_contact=self.fails_contact,
                fails_account=self.fails_account,
                fails_address=self.fails_address,
                begin_address=self.begins_address,
                school_factor=self.school_factor,
            ),
            flow_ms=self.flow_hours * 3_600_000,
            password_min=self.password_min,
            qr_ms=self.qr_s * 1000,
            qr_approval_ms=self.qr_approval_s * 1000,
            claim_ms=self.claim_days * 86_400_000,
        )


class SmtpSection(_Section, frozen=True):
    host: str = "localhost"
    port: int = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = "school@localhost"
    ca_file: str = ""

    def settings(self) -> SmtpSettings:
        return SmtpSettings(**msgspec.structs.asdict(self))


class GatewaySection(_Section, frozen=True):
    url: str = ""
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, str] = {}
    body: str = ""
    accepts: str = ""
    reads: str = ""

    def settings(self) -> GatewaySettings:
        return GatewaySettings(**msgspec.structs.asdict(self))


class OidcSection(_Section, frozen=True):
    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    label: str = ""
    scopes: str = "openid"

    def settings(self, url: str) -> OidcSettings:
        values = msgspec.structs.asdict(self)
        return OidcSettings(**values, return_url=f"{url.rstrip('/')}/api/auth/external/return")


class LogSection(_Section, frozen=True):
    level: Level = "info"
    format: Format = "auto"


class Settings(_Section, frozen=True):
    """All of config.toml."""

    server: ServerSection = ServerSection()
    storage: StorageSection = StorageSection()
    hub: HubSection = HubSection()
    chat: ChatSection = ChatSection()
    school: SchoolSection = SchoolSection()
    auth: AuthSection = AuthSection()
    smtp: SmtpSection = SmtpSection()
    sms: GatewaySection = GatewaySection()
    call: GatewaySection = GatewaySection()
    oidc: OidcSection = OidcSection()
    log: LogSection = LogSection()


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of a file (defaults when None), then the environment. Raises ``ConfigError``."""
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from None
    for name, text in environment.items():
        section, separator, key = name.removeprefix("RT_").partition("__")
        if name.startswith("RT_") and separator:
            values.setdefault(section.lower(), {})[key.lower()] = _value(text)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"configuration: {error}") from None
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """What types cannot say: signs, order and the kinds of databases. Raises ``ConfigError`` with the key."""
    for section, values in msgspec.structs.asdict(settings).items():
        for key, value in msgspec.structs.asdict(values).items():
            if isinstance(value, int | float) and value < 0:
                raise ConfigError(f"configuration: [{section}] {key} is {value}; it cannot be negative")
    hub, storage, server = settings.hub, settings.storage, settings.server
    for name, least in (("ping_interval_s", 1), ("ping_timeout_s", 1), ("connections_per_account", 1)):
        if getattr(hub, name) < least:
            raise ConfigError(f"configuration: [hub] {name} must be {least} or more")
    if not (hub.heads_every_s > 0 and hub.sessions_every_s > 0):
        raise ConfigError("configuration: [hub] heads_every_s and sessions_every_s must be above 0")
    if not (hub.commands_per_s > 0 and hub.commands_burst >= 1):
        raise ConfigError("configuration: [hub] commands_per_s must be above 0 and commands_burst 1 or more")
    if hub.slow_bytes > hub.slow_cut_bytes:
        raise ConfigError("configuration: [hub] slow_bytes must not be above slow_cut_bytes")
    if storage.readers < 1:
        raise ConfigError("configuration: [storage] readers must be 1 or more")
    kind = storage.database.partition(":")[0]
    if kind not in ("sqlite", "postgresql"):
        raise ConfigError("configuration: [storage] database must begin with sqlite:/// or postgresql://")
    if server.port and (server.host, server.port) == (server.operator_host, server.operator_port):
        raise ConfigError("configuration: [server] port and operator_port must differ")


def _value(text: str) -> Any:
    """A TOML value when it is one, else the text itself."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
