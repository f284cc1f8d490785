"""Logging in: codes, passwords, known devices, forgotten passwords, «it is not me», over HTTP on both engines."""

from __future__ import annotations

from rtserver.wire.auth import ContactClaimed
from rtserver.wire.chat import SessionEnded
from tests.integration.auth_house import ADULT, CHILD, PASSWORD, AuthHouse

PHONE = "+79111111111"
DAY_MS = 24 * 3600 * 1000


async def test_a_known_device_asks_the_password_alone(auth: AuthHouse) -> None:
    """D5, R-25, R-26, R-27, R-45: no code there, the name and the masked number; the full number is not shown."""
    browser = auth.browser()
    await browser.register(PHONE)
    await browser.post("/api/auth/sessions/end-others")
    sent = await auth.codes_sent()
    view = await browser.begin()
    assert view["state"] == "signed_in"  # logged in already
    other = auth.browser()
    assert (await other.enter(PHONE))["state"] == "signed_in"
    other.http.cookie_jar.clear(lambda one: one.key == "rt_session")
    await other.begin()
    view = await other.contact(PHONE)
    assert view["state"] == "password"
    assert view["recognised"] == {"name": "Алексей П.", "masked": "+7 911 ... 11"}
    assert view["contact"] == ""
    assert await auth.codes_sent() == sent + 1  # the one of the first log-in there


async def test_an_unknown_device_tells_no_name_before_the_code(auth: AuthHouse) -> None:
    """D5: the same answer for a number with a profile and one without."""
    await auth.browser().register(PHONE)
    answers = []
    for contact in (PHONE, "+79119999999"):
        browser = auth.browser()
        await browser.begin()
        view = await browser.contact(contact)
        answers.append({**view, "contact": ""})
    assert answers[0] == answers[1]
    assert answers[0]["recognised"] is None


async def test_an_account_without_a_password_enters_by_code(auth: AuthHouse) -> None:
    """D5: a code is enough where there is no password."""
    await auth.browser().register(PHONE, password="")
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    assert (await browser.code(PHONE))["state"] == "signed_in"


async def test_a_wrong_password_is_refused_and_the_right_one_enters(auth: AuthHouse) -> None:
    """R-26: spaces count; the flow stays where it is."""
    await auth.browser().register(PHONE)
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    await browser.code(PHONE)
    assert await browser.flow_refused("password", password=PASSWORD + " ") == "password_wrong"
    assert (await browser.flow("password", password=PASSWORD))["state"] == "signed_in"


async def test_a_forgotten_password_is_reset_by_a_code(auth: AuthHouse) -> None:
    """R-28, S07: on a known device the code comes first; the other devices are logged out and told."""
    first = auth.browser()
    account = int((await first.register(PHONE))["account"])
    browser = auth.browser()
    await browser.enter(PHONE)
    browser.http.cookie_jar.clear(lambda one: one.key == "rt_session")
    await browser.begin()
    assert (await browser.contact(PHONE))["state"] == "password"
    assert await browser.flow_refused("new-password", password="новый пароль") == "flow_step"
    auth.shift_ms += 1
    assert (await browser.flow("forgot"))["state"] == "code"
    assert (await browser.code(PHONE))["state"] == "new_password"
    assert await browser.flow_refused("new-password", password="123") == "password_short"
    assert (await browser.flow("new-password", password="новый пароль"))["state"] == "signed_in"
    assert await first.refused("GET", "/api/me") == "session_ended"
    assert any(h.stream.endswith(str(account)) and isinstance(h.event, SessionEnded) for h in auth.told)
    assert (await auth.browser().enter(PHONE, "новый пароль"))["state"] == "signed_in"


async def test_forgetting_after_a_code_needs_no_second_one(auth: AuthHouse) -> None:
    """R-28: nothing is asked twice (WCAG 3.3.7)."""
    await auth.browser().register(PHONE)
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    await browser.code(PHONE)
    assert (await browser.flow("forgot"))["state"] == "new_password"


async def test_a_number_that_used_to_be_someone_elses(auth: AuthHouse) -> None:
    """D20, R-29, S06: a request; the old account is told; after seven days the number is free, the old data closed."""
    old = auth.browser()
    account = int((await old.register(PHONE))["account"])
    new = auth.browser()
    await new.begin()
    await new.contact(PHONE)
    await new.code(PHONE)
    await new.flow("not-me")
    view = await new.flow("other", choice="claim")
    assert view["state"] == "claimed"
    assert view["free_at"] - auth.now() > 6.9 * DAY_MS
    assert any(isinstance(h.event, ContactClaimed) for h in auth.told)
    claims = (await old.get("/api/auth/security"))["claims"]
    assert [one["masked"] for one in claims] == ["+7 911 ... 11"]
    again = auth.browser()
    await again.begin()
    await again.contact(PHONE)
    assert (await again.code(PHONE))["state"] == "password"  # nothing was detached at once
    auth.shift_ms += 7 * DAY_MS
    fresh = auth.browser()
    await fresh.begin()
    await fresh.contact(PHONE)
    assert (await fresh.code(PHONE))["state"] == "profile"
    view = await fresh.flow("profile", **ADULT)
    assert int(view["account"]) != account
    assert await old.refused("GET", "/api/me") == "session_ended"


async def test_the_owner_may_say_no(auth: AuthHouse) -> None:
    """D20: «it is mine» ends the request, and another one is refused; a stranger may not decide."""
    old, stranger = auth.browser(), auth.browser()
    await old.register(PHONE)
    await stranger.register("+79113333333")
    new = auth.browser()
    await new.begin()
    await new.contact(PHONE)
    await new.code(PHONE)
    await new.flow("not-me")
    await new.flow("other", choice="claim")
    claim = (await old.get("/api/auth/security"))["claims"][0]["id"]
    assert await stranger.refused("POST", f"/api/auth/claims/{claim}", {"release": True}) == "claim_unknown"
    await old.post(f"/api/auth/claims/{claim}", {"release": False})
    assert (await old.get("/api/auth/security"))["claims"] == []
    again = auth.browser()
    await again.begin()
    await again.contact(PHONE)
    await again.code(PHONE)
    await again.flow("not-me")
    assert await again.flow_refused("other", choice="claim") == "claim_refused"


async def test_someone_elses_computer(auth: AuthHouse) -> None:
    """Architecture §3, R-76: cookies end with the browser, the device stays unknown, half a day is the end."""
    await auth.browser().register(PHONE)
    browser = auth.browser()
    await browser.begin(lasting=False)
    await browser.contact(PHONE)
    await browser.code(PHONE)
    await browser.flow("password", password=PASSWORD)
    kept = {one.key: one["max-age"] or one["expires"] for one in browser.http.cookie_jar}
    assert "rt_device" not in kept
    assert not kept["rt_session"]
    auth.shift_ms += DAY_MS // 2 + 1
    assert await browser.refused("GET", "/api/me") == "session_ended"


async def test_a_flow_can_be_left(auth: AuthHouse) -> None:
    """R-62 «Выйти из аккаунта»: nothing of it stays."""
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    await browser.ask("DELETE", "/api/auth/flow")
    assert await browser.refused("GET", "/api/auth/flow") == "flow_unknown"
    assert await browser.flow_refused("profile", **CHILD) == "flow_unknown"


async def test_where_an_account_goes_on(auth: AuthHouse) -> None:
    """R-46, R-56: no school: the application; under 14 without a parent: held."""
    browser = auth.browser()
    account = int((await browser.register(PHONE))["account"])
    assert (await browser.get("/api/auth/next"))["step"] == "apply"
    auth.schools.held.add(account)
    assert await browser.get("/api/auth/next") == {"step": "hold", "link": "", "hold": "under_14"}
