"""Codes on their way: a real SMTP server, a real HTTP gateway, gateways that are down, restarts."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from rtserver.auth.courier import BACKOFF_MS
from storage import auth_tables as a
from storage.db import Database
from tests.integration.auth_house import AuthHouse, auth_house

PHONE = "+79111111111"
MAIL = "masha@example.org"


async def until(true: Callable[[], Any], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while True:
            value = true()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return
            await asyncio.sleep(0.01)


class Letters:
    """What the SMTP server took; ``answer`` is what it says to the message."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.taken: list[email.message.EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("2"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return self.answer


@asynccontextmanager
async def smtp_server(letters: Letters) -> AsyncIterator[dict[str, str]]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(letters), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield {
            "RT_AUTH__EMAIL_SENDER": "smtp",
            "RT_SMTP__HOST": "127.0.0.1",
            "RT_SMTP__PORT": str(port),
            "RT_SMTP__SECURITY": "none",
            "RT_SMTP__SENDER": "school@example.org",
        }
    finally:
        server.close()


class Gateway:
    """An SMS and voice gateway over HTTP that can be down."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.status = 200
        self.answer = '{"status": "OK"}'

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json() if request.method == "POST" else dict(request.query))
        return web.Response(status=self.status, text=self.answer)


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[Gateway, str]]:
    made = Gateway()
    app = web.Application()
    app.router.add_route("*", "/send", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield made, f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    finally:
        await runner.cleanup()


def sms_settings(url: str) -> dict[str, str]:
    return {
        "RT_AUTH__PHONE_SENDER": "http",
        "RT_SMS__URL": f'"{url}"',
        "RT_SMS__HEADERS": '{"Content-Type" = "application/json"}',
        "RT_SMS__BODY": '\'{"to": "{digits}", "text": "{text}"}\'',
        "RT_SMS__ACCEPTS": '"OK"',
    }


async def status_of(auth: AuthHouse) -> tuple[str, str, int]:
    """Status, what is left of the secret, and tries of the newest message."""
    o = a.outgoing.c
    query = select(o.status, o.secret, o.tries).order_by(o.id.desc()).limit(1)
    row = await auth.database.read(lambda c: c.execute(query).one())
    return row.status, row.secret, row.tries


async def test_an_email_brings_its_code(database: Database) -> None:
    """R-20, D12: through a real SMTP server, in the flow's language; afterwards the server has the code no more."""
    letters = Letters()
    async with smtp_server(letters) as environment, auth_house(database, **environment) as auth:
        browser = auth.browser()
        await browser.begin(language="en")
        await browser.contact(MAIL)
        await until(lambda: letters.taken)
        letter = letters.taken[0]
        assert (letter["To"], letter["From"]) == (MAIL, "school@example.org")
        assert "nobody at rtserver asks" in letter.get_content().replace("\n", " ")
        code = re.search(r"\d{6}", letter["Subject"])
        assert code is not None
        await until(lambda: _has_status(auth, ("sent", "", 0)))
        assert await browser.flow_refused("code", code=code[0]) == "email_needs_invite"


async def _has_status(auth: AuthHouse, wanted: tuple[str, str, int]) -> bool:
    return await status_of(auth) == wanted


async def test_a_server_that_refuses_for_good_fails_at_once(database: Database) -> None:
    """RFC 5321 §4.2.1: a 5yz answer is not retried; the screen says so and another code may be asked for at once."""
    letters = Letters("550 no such user")
    async with smtp_server(letters) as environment, auth_house(database, **environment) as auth:
        browser = auth.browser()
        await browser.begin()
        await browser.contact(MAIL)
        await until(lambda: _has_status(auth, ("failed", "", 1)))
        view = await browser.get("/api/auth/flow")
        assert (view["delivery"], view["resend_s"]) == ("failed", 0)
        letters.answer = "250 OK"
        assert (await browser.flow("resend"))["state"] == "code"
        await until(lambda: letters.taken)


async def test_a_gateway_gets_the_text_and_the_number(database: Database) -> None:
    """R-19, D12: an SMS by a URL and a JSON template; quotes and line breaks of the text stay inside it."""
    async with gateway() as (sms, url), auth_house(database, **sms_settings(url)) as auth:
        browser = auth.browser()
        await browser.begin()
        assert (await browser.contact(PHONE))["channels"] == ["sms"]
        await until(lambda: sms.heard)
        assert sms.heard[0]["to"] == "79111111111"
        code = re.match(r"\d{6}", sms.heard[0]["text"])
        assert code is not None
        assert sms.heard[0]["text"].endswith(f"@localhost #{code[0]}")  # WebOTP
        assert (await browser.flow("code", code=code[0]))["state"] == "profile"


async def test_a_gateway_that_is_down_is_tried_again(database: Database) -> None:
    """Issue 3 item 3: retries with growing waits, then ``failed``; the person is not stuck."""
    async with gateway() as (sms, url), auth_house(database, **sms_settings(url)) as auth:
        sms.status = 503
        browser = auth.browser()
        await browser.begin()
        await browser.contact(PHONE)
        for tries, wait_ms in enumerate(BACKOFF_MS, start=1):
            await until(lambda tries=tries: _tried(auth, tries))
            assert (await browser.get("/api/auth/flow"))["delivery"] == "waiting"
            auth.shift_ms += wait_ms
            auth.parts.courier.wake()
        await until(lambda: _has_status(auth, ("failed", "", len(BACKOFF_MS) + 1)))
        assert len(sms.heard) == len(BACKOFF_MS) + 1
        assert (await browser.get("/api/auth/flow"))["delivery"] == "failed"
        sms.status = 200
        await browser.flow("resend")
        await until(lambda: _has_status(auth, ("sent", "", 0)))


async def _tried(auth: AuthHouse, tries: int) -> bool:
    return (await status_of(auth))[2] == tries


async def test_a_good_status_with_a_bad_body_is_a_failure(database: Database) -> None:
    """D12: gateways that say 200 to everything are told by ``accepts``."""
    async with gateway() as (sms, url), auth_house(database, **sms_settings(url)) as auth:
        sms.answer = '{"status": "NO MONEY"}'
        browser = auth.browser()
        await browser.begin()
        await browser.contact(PHONE)
        await until(lambda: _tried(auth, 1))
        assert (await status_of(auth))[0] == "waiting"


async def test_a_dropped_calls_number_is_the_code(database: Database) -> None:
    """R-19, R-43, D12: the gateway answers with the calling number; its last four digits are right."""
    async with gateway() as (call, url):
        call.answer = '{"status": "OK", "from": "+7 (800) 555-12-34"}'
        environment = {
            "RT_AUTH__PHONE_SENDER": "http",
            "RT_CALL__URL": f"'{url}?to={{digits}}'",
            "RT_CALL__METHOD": '"GET"',
            "RT_CALL__READS": """'"from": "([^"]+)"'""",
        }
        async with auth_house(database, **environment) as auth:
            browser = auth.browser()
            await browser.begin()
            view = await browser.contact(PHONE)
            assert (view["channel"], view["code_digits"]) == ("call", 4)
            await until(lambda: _has_status(auth, ("sent", "", 0)))
            assert call.heard == [{"to": "79111111111"}]
            assert await browser.flow_refused("code", code="0000") == "code_wrong"
            assert (await browser.flow("code", code="1234"))["state"] == "profile"


async def test_nothing_is_lost_on_a_restart(database: Database) -> None:
    """Issue 3 item 3: a message queued before the stop goes out after the start, and its flow goes on."""
    async with gateway() as (sms, url):
        sms.status = 503
        async with auth_house(database, **sms_settings(url)) as auth:
            browser = auth.browser()
            await browser.begin()
            await browser.contact(PHONE)
            await until(lambda: _tried(auth, 1))
            token = browser.cookie("rt_flow")
        sms.status = 200
        async with auth_house(database, **sms_settings(url)) as again:
            again.shift_ms += BACKOFF_MS[0]
            again.parts.courier.wake()
            await until(lambda: _has_status(again, ("sent", "", 1)))
            browser = again.browser()
            browser.plant(rt_flow=token)
            code = re.match(r"\d{6}", sms.heard[-1]["text"])
            assert code is not None
            assert (await browser.flow("code", code=code[0]))["state"] == "profile"


async def test_the_outbox_forgets_expired_codes(auth: AuthHouse) -> None:
    """D12: what the operator's page shows is gone with its code."""
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    assert await auth.codes_sent() == 1
    auth.shift_ms += 600_001
    auth.parts.courier.wake()
    await until(lambda: _has_secret(auth, ""))
    assert await auth.codes_sent() == 0


async def _has_secret(auth: AuthHouse, wanted: str) -> bool:
    return (await status_of(auth))[1] == wanted


async def test_what_is_over_is_removed(auth: AuthHouse) -> None:
    """E-17: a day after its end nothing is left of a flow, its code and its message."""
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    auth.shift_ms += 3 * 24 * 3600 * 1000
    auth.parts.courier.wake()

    def left(connection: Any) -> int:
        tables = (a.flow, a.code, a.outgoing, a.attempt)
        return sum(len(connection.execute(select(table)).all()) for table in tables)

    async def nothing() -> bool:
        return await auth.database.read(left) == 0

    await until(nothing)
