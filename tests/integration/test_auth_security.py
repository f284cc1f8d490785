"""One's own devices, password, contacts, data and the end of an account. Over HTTP on both engines."""

from __future__ import annotations

import asyncio
import unicodedata

from rtserver.wire.chat import SessionEnded
from tests.integration.auth_house import PASSWORD, AuthHouse

PHONE = "+79111111111"
MAIL = "masha@example.org"


async def test_sessions_are_listed_and_ended_one_by_one(auth: AuthHouse) -> None:
    """S21: one's own only; the socket of an ended one closes by its event; a stranger's id is unknown."""
    one, two, stranger = auth.browser(), auth.browser(), auth.browser()
    await one.register(PHONE)
    await two.enter(PHONE)
    await stranger.register("+79112222222")
    cards = (await one.get("/api/auth/sessions"))["sessions"]
    other = next(card for card in cards if not card["current"])
    assert [card["device"] for card in cards] == ["Chrome, Windows"] * 2
    assert await stranger.refused("DELETE", f"/api/auth/sessions/{other['id']}") == "session_unknown"
    await one.ask("DELETE", f"/api/auth/sessions/{other['id']}")
    assert await two.refused("GET", "/api/me") == "session_ended"
    ended = [h.event.session for h in auth.told if isinstance(h.event, SessionEnded)]
    assert ended == [other["id"]]
    assert await one.refused("DELETE", f"/api/auth/sessions/{other['id']}") == "session_unknown"


async def test_logging_out_elsewhere(auth: AuthHouse) -> None:
    """S21: all others at once; devices must show a code again (D5)."""
    one, two = auth.browser(), auth.browser()
    await one.register(PHONE)
    await two.enter(PHONE)
    await one.post("/api/auth/sessions/end-others")
    assert await two.refused("GET", "/api/me") == "session_ended"
    assert (await one.get("/api/me"))["name"]
    await two.begin()
    assert (await two.contact(PHONE))["state"] == "code"


async def test_a_new_password_ends_other_sessions(auth: AuthHouse) -> None:
    """S21, issue 3 item 2: the current one is asked; the own session stays."""
    one, two = auth.browser(), auth.browser()
    await one.register(PHONE)
    await two.enter(PHONE)
    change = {"current": "не тот", "new": "другой пароль"}
    assert await one.refused("POST", "/api/auth/password", change) == "password_wrong"
    assert await one.refused("POST", "/api/auth/password", {"current": PASSWORD, "new": "1"}) == "password_short"
    await one.post("/api/auth/password", {"current": PASSWORD, "new": "другой пароль"})
    assert await two.refused("GET", "/api/me") == "session_ended"
    assert (await one.get("/api/auth/security"))["has_password"]
    assert (await two.enter(PHONE, "другой пароль"))["state"] == "signed_in"


async def test_many_guesses_at_once_are_no_more_than_one_after_another(auth: AuthHouse) -> None:
    """D19: a stolen session tries 40 current passwords in parallel, the right one among the last: none gets through
    after the bound, at the change of the password and at the account's end alike.
    """
    one = auth.browser()
    await one.register(PHONE)
    tried = [f"мимо {number}" for number in range(39)] + [PASSWORD]
    for path, body in (
        ("/api/auth/password", lambda typed: {"current": typed, "new": "другой пароль"}),
        ("/api/auth/close", lambda typed: {"last_name": "Петров", "password": typed}),
    ):
        codes = await asyncio.gather(*(one.refused("POST", path, body(typed)) for typed in tried))
        assert codes[-1] == "too_many_attempts"
        assert codes.count("password_wrong") <= 10
    assert (await one.get("/api/me"))["name"] == "Алексей Петров"


async def test_a_password_is_the_same_on_every_keyboard(auth: AuthHouse) -> None:
    """NIST SP 800-63B §3.1.1.2: «й» in one or in two characters."""
    composed = unicodedata.normalize("NFC", "мой йогурт")
    await auth.browser().register(PHONE, password=composed)
    apart = unicodedata.normalize("NFD", composed)
    assert apart != composed
    assert (await auth.browser().enter(PHONE, apart))["state"] == "signed_in"


async def test_a_second_contact(auth: AuthHouse) -> None:
    """D2, R-3: an e-mail beside the phone logs in; a taken one is refused after its code; the last one stays."""
    one, two = auth.browser(), auth.browser()
    await one.register(PHONE)
    await two.register("+79112222222")
    view = await one.post("/api/auth/contacts", {"contact": MAIL})
    assert view["pending"] == MAIL
    assert await one.refused("POST", "/api/auth/contacts", {"contact": MAIL}) == "resend_too_soon"
    assert await one.refused("POST", "/api/auth/contacts/confirm", {"code": "x"}) == "code_wrong"
    view = await one.post("/api/auth/contacts/confirm", {"code": await auth.code(MAIL)})
    assert [(each["kind"], each["address"]) for each in view["contacts"]] == [
        ("phone", "+7 (911) 111-11-11"),
        ("email", MAIL),
    ]
    assert (await auth.browser().enter(MAIL))["state"] == "signed_in"
    await two.post("/api/auth/contacts", {"contact": MAIL})
    code = await auth.code(MAIL)
    assert await two.refused("POST", "/api/auth/contacts/confirm", {"code": code}) == "email_taken"
    phone, mail = (each["id"] for each in view["contacts"])
    assert await two.refused("DELETE", f"/api/auth/contacts/{mail}") == "contact_unknown"
    await one.ask("DELETE", f"/api/auth/contacts/{phone}")
    assert await one.refused("DELETE", f"/api/auth/contacts/{mail}") == "contact_last"


async def test_own_data_can_be_taken_along(auth: AuthHouse) -> None:
    """E-13: profile, contacts, devices, accepted texts, own messages; nothing of others."""
    one = auth.browser()
    account = int((await one.register(PHONE))["account"])
    data = await one.get("/api/auth/my-data")
    assert (data["account"], data["last_name"], data["birth_date"]) == (str(account), "Петров", "2013-03-04")
    assert data["contacts"][0]["address"] == "+7 (911) 111-11-11"
    assert len(data["sessions"]) == 1
    assert data["messages"] == []
    assert await one.refused("GET", "/api/auth/my-data?after=1:x") == "bad_request"
    assert await auth.browser().refused("GET", "/api/auth/my-data") == "unauthorized"


async def test_an_account_is_closed(auth: AuthHouse) -> None:
    """E-13: by password and the typed last name; the number is free again, the sessions are over, the name is gone."""
    one = auth.browser()
    account = (await one.register(PHONE))["account"]
    assert await one.refused("POST", "/api/auth/close", {"last_name": "Петров", "password": "x"}) == "password_wrong"
    wrong = {"last_name": "Сидоров", "password": PASSWORD}
    assert await one.refused("POST", "/api/auth/close", wrong) == "close_unconfirmed"
    await one.post("/api/auth/close", {"last_name": " петров", "password": PASSWORD})
    assert await one.refused("GET", "/api/me") == "unauthorized"
    new = auth.browser()
    view = await new.register(PHONE)
    assert view["account"] != account


async def test_a_closed_accounts_session_is_over(auth: AuthHouse) -> None:
    """E-13: also on the other devices."""
    one, two = auth.browser(), auth.browser()
    await one.register(PHONE)
    await two.enter(PHONE)
    await one.post("/api/auth/close", {"last_name": "Петров", "password": PASSWORD})
    assert await two.refused("GET", "/api/auth/next") == "session_ended"
