"""Log-in by an external identity: a real provider (oidc-provider-mock over authlib), and one that cheats."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from oidc_provider_mock import User, run_server_in_thread

from storage.db import Database
from tests.integration.auth_house import CHILD, PASSWORD, AuthHouse, Browser, auth_house

PHONE = "+79111111111"
RETURN = "http://localhost:8080/api/auth/external/return"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    user = User(sub="ext-1", claims={"name": "Не Показывать", "email": "secret@example.org", "picture": "http://x/y"})
    with run_server_in_thread(user_claims=[user]) as server:
        yield f"http://localhost:{server.server_port}"


def oidc_settings(issuer: str) -> dict[str, str]:
    return {
        "RT_OIDC__ISSUER": issuer,
        "RT_OIDC__CLIENT_ID": "rtserver",
        "RT_OIDC__CLIENT_SECRET": "secret",
        "RT_OIDC__LABEL": "Войти по внешнему профилю",
    }


async def come_back(browser: Browser, location: str) -> tuple[int, str]:
    """Follow the provider's redirect to this house, as a browser would; status and where it leads."""
    assert location.startswith(RETURN)
    path = location.removeprefix("http://localhost:8080")
    async with browser.http.get(browser.house.url + path, allow_redirects=False) as answer:
        return answer.status, answer.headers["Location"]


async def at_provider(browser: Browser, sub: str = "ext-1") -> str:
    """Begin, agree at the provider's own form; the address that it sends the browser back to."""
    url = (await browser.flow("external"))["url"]
    async with browser.http.post(url, data={"sub": sub}, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]


async def test_an_unknown_identity_registers_by_phone_and_enters_by_itself_later(
    database: Database, provider: str
) -> None:
    """R-9, R-10, D11: it makes no account; bound after a log-in by phone it enters; nothing of it is kept or shown."""
    async with auth_house(database, **oidc_settings(provider)) as auth:
        browser = auth.browser()
        assert (await browser.get("/api/auth/options"))["external"] == "Войти по внешнему профилю"
        await browser.begin()
        assert await come_back(browser, await at_provider(browser)) == (303, "/login")
        assert (await browser.get("/api/auth/flow"))["state"] == "contact"
        await browser.contact(PHONE)
        await browser.code(PHONE)
        view = await browser.flow("profile", **CHILD, password=PASSWORD)
        other = auth.browser()
        await other.begin()
        assert await come_back(other, await at_provider(other)) == (303, "/home")
        assert (await other.get("/api/me"))["account"] == view["account"]
        shown = str([await other.get(path) for path in ("/api/me", "/api/auth/security", "/api/auth/my-data")])
        assert not re.search("Не Показывать|secret@example|ext-1", shown)
        stranger = auth.browser()
        await stranger.begin()
        assert await come_back(stranger, await at_provider(stranger, "ext-2")) == (303, "/login")


async def test_whoever_goes_on_with_another_number_gets_no_foreign_identity(database: Database, provider: str) -> None:
    """R-11, R-76: one person shows an external profile at a shared computer and goes; the next one changes the number
    and registers. The first one's profile must not open the second one's account.
    """
    async with auth_house(database, **oidc_settings(provider)) as auth:
        browser = auth.browser()
        await browser.begin()
        await come_back(browser, await at_provider(browser, "first"))
        await browser.contact(PHONE)
        await browser.flow("change")
        await browser.contact("+79112222222")
        await browser.code("+79112222222")
        await browser.flow("profile", **CHILD, password=PASSWORD)
        first = auth.browser()
        await first.begin()
        assert await come_back(first, await at_provider(first, "first")) == (303, "/login")


async def test_an_answer_works_once_and_in_its_own_browser(database: Database, provider: str) -> None:
    """RFC 6749 §10.12: a code planted into another browser, or used again, logs nobody in."""
    async with auth_house(database, **oidc_settings(provider)) as auth:
        mine, victim = auth.browser(), auth.browser()
        await mine.begin()
        await victim.begin()
        location = await at_provider(mine)
        assert await come_back(victim, location) == (303, "/login?error=external_failed")
        assert await come_back(mine, location) == (303, "/login")
        assert await come_back(mine, location) == (303, "/login?error=external_failed")


class Cheat:
    """A provider that keeps PKCE and the rest of the protocol but for one ``lie``."""

    def __init__(self, lie: str) -> None:
        self.lie = lie
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.other = RSAKey.generate_key(2048, {"kid": "1"})
        self.asked: dict[str, str] = {}
        self.url = ""

    async def configuration(self, _: web.Request) -> web.Response:
        issuer = "https://another.example" if self.lie == "discovery" else self.url
        return web.json_response(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
            }
        )

    async def jwks(self, _: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.asked["code_challenge"]
        assert self.asked["code_challenge_method"] == "S256"
        assert form["redirect_uri"] == self.asked["redirect_uri"] == RETURN
        assert request.headers["Authorization"].startswith("Basic ")
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": self._id_token()})

    def _id_token(self) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": "https://another.example" if self.lie == "iss" else self.url,
            "aud": "somebody-else" if self.lie == "aud" else "rtserver",
            "sub": "ext-1",
            "nonce": "another" if self.lie == "nonce" else self.asked["nonce"],
            "iat": now,
            "exp": now - 3600 if self.lie == "expired" else now + 300,
        }
        if self.lie == "azp":
            claims["azp"] = "somebody-else"
        if self.lie == "unsigned":
            header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
            body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
            return f"{header}.{body}."
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.other if self.lie == "key" else self.key)


@asynccontextmanager
async def cheating(lie: str) -> AsyncIterator[Cheat]:
    made = Cheat(lie)
    app = web.Application()
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", made.configuration),
            web.get("/jwks", made.jwks),
            web.post("/token", made.token),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


async def answer_of(auth: AuthHouse, cheat: Cheat, **more: str) -> tuple[int, str]:
    browser = auth.browser()
    await browser.begin()
    url = (await browser.flow("external"))["url"]
    cheat.asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return await come_back(browser, f"{RETURN}?code={secrets.token_hex(8)}&state={cheat.asked['state']}{extra}")


@pytest.mark.parametrize("lie", ["iss", "aud", "azp", "nonce", "expired", "unsigned", "key"])
async def test_a_lying_token_logs_nobody_in(database: Database, lie: str) -> None:
    """OIDC Core §3.1.3.7: issuer, audience, party, nonce, time, signature."""
    async with cheating(lie) as cheat, auth_house(database, **oidc_settings(cheat.url)) as auth:
        assert await answer_of(auth, cheat) == (303, "/login?error=external_failed")


async def test_an_honest_token_passes_with_pkce(database: Database) -> None:
    """RFC 7636: the verifier answers the challenge, by S256; RFC 9207: another issuer's answer is refused."""
    async with cheating("") as cheat, auth_house(database, **oidc_settings(cheat.url)) as auth:
        assert await answer_of(auth, cheat) == (303, "/login")
        assert await answer_of(auth, cheat, iss="https://another.example") == (303, "/login?error=external_failed")


async def test_metadata_of_another_issuer_is_refused(database: Database) -> None:
    """OIDC Discovery §4.3."""
    async with cheating("discovery") as cheat, auth_house(database, **oidc_settings(cheat.url)) as auth:
        browser = auth.browser()
        await browser.begin()
        assert await browser.flow_refused("external") == "external_failed"


async def test_a_provider_that_is_away_leaves_the_other_ways_open(database: Database) -> None:
    """D11: its failure is named, and the phone still works."""
    async with auth_house(database, **oidc_settings("http://127.0.0.1:9")) as auth:
        browser = auth.browser()
        await browser.begin()
        assert await browser.flow_refused("external") == "external_failed"
        assert (await browser.contact(PHONE))["state"] == "code"
