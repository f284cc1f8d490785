"""Log-in by an external identity (R-10, D11): OpenID Connect Core 1.0, code flow with PKCE, off by default.

Only issuer and subject are kept: no name, picture or address of the external profile is read. An identity that no
account is bound to logs nobody in and makes no account (R-9): the flow goes on by phone, and binds it afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, insert, select

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage.db import Database

from . import people
from .login import LogIn
from .ports import Run, Transaction
from .sessions import token_hash
from .stepping import Answer, Visitor, load_flow
from .tokens import new_token

LOGIN_MS = 600_000
"""How long somebody may take at the provider."""
TIMEOUT_S = 10.0
METADATA_MS = 3_600_000
ANSWER_BYTES = 262_144
LEEWAY_S = 60
"""Clocks of school servers wander (OIDC Core §3.1.3.7 rule 9 leaves it open)."""
ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
"""Signatures only: "none" and shared secrets would let a stranger write a token."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    label: str = ""
    scopes: str = "openid"
    return_url: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """What discovery told (OIDC Discovery §4.2), and its keys."""

    authorization_endpoint: str
    token_endpoint: str
    keys: KeySet
    fetched_ms: int


class ExternalLogIn:
    """``settings.issuer`` empty: every method refuses with ``external_off``."""

    def __init__(
        self, database: Database, run: Run, clock: Callable[[], int], settings: OidcSettings, login: LogIn
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._settings = settings
        self._login = login
        self._provider: Provider | None = None
        self._client: aiohttp.ClientSession | None = None

    @property
    def label(self) -> str:
        return self._settings.label if self._settings.issuer else ""

    async def begin(self, visitor: Visitor) -> w.ExternalBegun:
        """Where to send the browser. State, nonce and verifier are bound to the flow's cookie."""
        provider = await self._discover()
        state, nonce, verifier = new_token(), new_token(), secrets.token_urlsafe(48)
        await self._login.move(visitor, "external_begun")

        def keep(tx: Transaction) -> None:
            e = a.external_login.c
            flow = load_flow(tx.connection, visitor.flow, tx.now)
            tx.connection.execute(delete(a.external_login).where((e.expires_ms <= tx.now) | (e.flow_id == flow.id)))
            tx.connection.execute(
                insert(a.external_login).values(
                    state_sha256=token_hash(state),
                    flow_id=flow.id,
                    nonce=nonce,
                    verifier=verifier,
                    expires_ms=tx.now + LOGIN_MS,
                )
            )

        await self._run(keep)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.return_url,
            "scope": self._settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",  # RFC 7636 §4.2
        }
        glue = "&" if "?" in provider.authorization_endpoint else "?"
        return w.ExternalBegun(url=provider.authorization_endpoint + glue + urlencode(query))

    async def finish(self, visitor: Visitor, query: Mapping[str, str]) -> Answer:
        """The browser is back. A known identity enters; an unknown one goes on by phone or e-mail."""
        if not self._settings.issuer:
            raise AppError("external_off")
        row = await self._take(visitor, query.get("state", ""))
        try:
            subject = await self._subject(query, row.nonce, row.verifier)
        except (aiohttp.ClientError, OSError, TimeoutError, JoseError, ValueError, KeyError):
            self._provider = None  # its keys may have changed
            await self._login.move(visitor, "changed_contact")
            raise AppError("external_failed") from None
        issuer = self._settings.issuer
        account = await self._database.read(lambda c: people.external_account(c, issuer, subject))
        if account is None:
            return await self._login.move(visitor, "external_unknown", issuer=issuer, subject=subject)
        return await self._login.enter(visitor, "external_known", account)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _take(self, visitor: Visitor, state: str) -> Any:
        """The login that this state began, once, and only for the browser that began it."""

        def take(tx: Transaction) -> Any:
            e = a.external_login.c
            flow = load_flow(tx.connection, visitor.flow, tx.now)
            row = tx.connection.execute(
                select(a.external_login).where(
                    e.state_sha256 == token_hash(state), e.flow_id == flow.id, e.expires_ms > tx.now
                )
            ).first()
            tx.connection.execute(delete(a.external_login).where(e.flow_id == flow.id))
            return row

        row = await self._run(take)
        if row is None:
            raise AppError("external_failed")
        return row

    async def _subject(self, query: Mapping[str, str], nonce: str, verifier: str) -> str:
        """The subject of a checked id_token (OIDC Core §3.1.3.7)."""
        if "code" not in query:
            raise ValueError("the provider refused")
        if query.get("iss", self._settings.issuer) != self._settings.issuer:  # RFC 9207 §2.4: another provider's answer
            raise ValueError("another issuer")
        provider = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": query["code"],
            "redirect_uri": self._settings.return_url,
            "code_verifier": verifier,
        }
        basic = aiohttp.encode_basic_auth(self._settings.client_id, self._settings.client_secret)
        headers = {"Authorization": basic}  # RFC 6749 §2.3.1
        async with self._session().post(provider.token_endpoint, data=form, headers=headers) as answer:
            if answer.status != 200:
                raise ValueError("the token endpoint refused")
            tokens = await self._json(answer)
        token = jwt.decode(str(tokens["id_token"]), provider.keys, algorithms=ALGORITHMS)
        registry = jwt.JWTClaimsRegistry(
            now=self._clock() // 1000,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(token.claims)
        party = token.claims.get("azp", self._settings.client_id)  # §3.1.3.7 rule 5
        subject = str(token.claims["sub"])
        if party != self._settings.client_id or not 0 < len(subject) <= 255:
            raise ValueError("not for this client")
        return subject

    async def _discover(self) -> Provider:
        if not self._settings.issuer:
            raise AppError("external_off")
        now = self._clock()
        if self._provider is not None and now - self._provider.fetched_ms < METADATA_MS:
            return self._provider
        try:
            base = self._settings.issuer.rstrip("/")
            metadata = await self._get(base + "/.well-known/openid-configuration")
            if metadata["issuer"] != self._settings.issuer:  # Discovery §4.3
                raise ValueError("another issuer")
            keys = KeySet.import_key_set(await self._get(str(metadata["jwks_uri"])))  # type: ignore[arg-type] # the import checks it
            endpoints = (str(metadata["authorization_endpoint"]), str(metadata["token_endpoint"]))
            self._provider = Provider(*endpoints, keys, now)
        except (aiohttp.ClientError, OSError, TimeoutError, JoseError, ValueError, KeyError):
            raise AppError("external_failed") from None
        return self._provider

    async def _get(self, url: str) -> dict[str, Any]:
        async with self._session().get(url) as answer:
            if answer.status != 200:
                raise ValueError("no answer")
            return await self._json(answer)

    async def _json(self, answer: aiohttp.ClientResponse) -> dict[str, Any]:
        raw = await answer.content.read(ANSWER_BYTES)
        value = json.loads(raw)
        if not isinstance(value, dict):
            raise ValueError("not an object")  # noqa: TRY004 - one kind of failure for whatever a provider sends
        return value

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        return self._client
