"""Registering by every start, over HTTP, on both engines."""

from __future__ import annotations

import asyncio

from tests.integration.auth_house import ADULT, CHILD, PASSWORD, VERSIONS, AuthHouse, an_invite

PHONE = "+7 (911) 111-11-11"


async def test_a_phone_makes_an_account_by_log_in(auth: AuthHouse) -> None:
    """R-39, R-42, R-43, R-44: one field, a code, the form, and the account is there."""
    browser = auth.browser()
    assert (await browser.begin())["state"] == "contact"
    view = await browser.contact("8 911 111 11 11")
    assert (view["state"], view["channel"], view["channels"]) == ("code", "sms", ["sms", "call"])
    view = await browser.code(PHONE)
    assert view["state"] == "profile"
    view = await browser.flow("profile", **CHILD, password=PASSWORD)
    assert (view["state"], view["step"]) == ("signed_in", "apply")
    assert (await browser.get("/api/me"))["name"] == "Алексей Петров"


async def test_the_code_screen_has_all_it_shows(auth: AuthHouse) -> None:
    """R-21, D1: the full number, a way back, the countdown of 120 s."""
    browser = auth.browser()
    await browser.begin()
    view = await browser.contact(PHONE)
    assert view["contact"] == "+7 (911) 111-11-11"
    assert (view["resend_s"], view["tries_left"], view["code_digits"]) == (120, 5, 6)
    assert await browser.flow_refused("resend") == "resend_too_soon"
    auth.shift_ms += 120_000
    assert (await browser.get("/api/auth/flow"))["resend_s"] == 0
    first = await auth.code(PHONE)
    await browser.flow("resend", channel="call")
    view = await browser.get("/api/auth/flow")
    assert (view["channel"], view["code_digits"]) == ("call", 4)
    assert await browser.flow_refused("code", code=first) == "code_wrong"
    assert (await browser.flow("change"))["state"] == "contact"


async def test_no_form_without_a_code(auth: AuthHouse) -> None:
    """R-22: the profile opens after a right code, and only for 15 minutes."""
    browser = auth.browser()
    await browser.begin()
    assert await browser.flow_refused("profile", **CHILD) == "flow_step"
    await browser.contact(PHONE)
    assert await browser.flow_refused("profile", **CHILD) == "flow_step"
    await browser.code(PHONE)
    auth.shift_ms += 16 * 60_000
    assert await browser.flow_refused("profile", **CHILD) == "code_expired"


async def test_an_invite_shows_school_and_class_first(auth: AuthHouse) -> None:
    """R-16, R-17, R-18, R-23, R-24: the check screen's data comes before anything is asked; then phone, code, form."""
    auth.schools.invites["good"] = an_invite()
    browser = auth.browser()
    view = await browser.begin("invite", "good")
    assert (view["invite"]["school_name"], view["invite"]["class_name"]) == ("Гимназия №1", "7А")
    assert (view["state"], view["form"]) == ("contact", "student")
    await browser.contact(PHONE)
    await browser.code(PHONE)
    view = await browser.flow("profile", **CHILD)
    assert view["step"] == "invitation"


async def test_join_makes_an_application_and_decline_makes_nothing(auth: AuthHouse) -> None:
    """R-30, R-31, R-32: following the link grants nothing; both answers end the invitation."""
    auth.schools.invites["good"] = an_invite()
    joins, declines = auth.browser(), auth.browser()
    await joins.register("+79111111111", "invite", "good")
    await declines.register("+79111111112", "invite", "good")
    assert auth.schools.applications == []
    assert (await joins.post("/api/auth/invitation", {"join": True}))["step"] == "waiting"
    assert (await declines.post("/api/auth/invitation", {"join": False}))["step"] == "apply"
    assert len(auth.schools.applications) == len(auth.schools.declined) == 1
    assert await declines.refused("POST", "/api/auth/invitation", {"join": True}) == "flow_unknown"


async def test_a_kept_link_goes_on_on_another_device(auth: AuthHouse) -> None:
    """Issue 3 item 1: every state can be left and come back to, also on another device."""
    auth.schools.invites["good"] = an_invite()
    await auth.browser().register(PHONE, "invite", "good")
    phone = auth.browser()
    view = await phone.enter(PHONE)
    assert view["step"] == "invitation"
    assert (await phone.get("/api/auth/next"))["link"] == "good"


async def test_dead_links_say_why_before_anything_is_asked(auth: AuthHouse) -> None:
    """R-36, R-69, R-71: expired, revoked, malformed; a child's own; two parents already."""
    auth.schools.invites |= {"old": "invite_expired", "gone": "invite_revoked"}
    auth.schools.links |= {"full": "parents_full", "late": "parent_link_expired"}
    browser = auth.browser()
    for start, link, code in (
        ("invite", "old", "invite_expired"),
        ("invite", "gone", "invite_revoked"),
        ("invite", "cut", "link_malformed"),
        ("parent", "full", "parents_full"),
        ("parent", "late", "parent_link_expired"),
    ):
        assert await browser.refused("POST", "/api/auth/flow", {"start": start, "link": link}) == code
    child = auth.browser()
    view = await child.register(PHONE)
    auth.schools.links["own"] = int(view["account"])
    assert await child.refused("POST", "/api/auth/flow", {"start": "parent", "link": "own"}) == "self_parent"


async def test_one_phone_holds_one_profile(auth: AuthHouse) -> None:
    """R-3, R-8: whoever registers on a known number is at that profile's door, and a race leaves one account."""
    await auth.browser().register(PHONE)
    other = auth.browser()
    await other.begin()
    await other.contact("89111111111")
    view = await other.code(PHONE)
    assert view["state"] == "password"
    assert view["recognised"] == {"name": "Алексей П.", "masked": "+7 911 ... 11"}
    tabs = [auth.browser() for _ in range(3)]
    for tab in tabs:
        await tab.begin()
        await tab.contact("+79112223344")
        await tab.code("+79112223344")
    outcomes = await asyncio.gather(*(tab.flow("profile", **CHILD) for tab in tabs), return_exceptions=True)
    assert sum(isinstance(one, dict) for one in outcomes) == 1
    assert {one.code for one in outcomes if not isinstance(one, dict)} == {"phone_taken"}  # type: ignore[union-attr]


async def test_an_email_registers_in_grades_1_to_4_only(auth: AuthHouse) -> None:
    """R-6, R-20, D2: by an invite to a primary class; a grade-5 child is refused, by the grade."""
    auth.schools.invites |= {"third": an_invite(3), "fifth": an_invite(5), "staff": an_invite(3, "teacher")}
    small = auth.browser()
    await small.begin("invite", "third")
    view = await small.contact("Masha.K@Example.ORG")
    assert (view["channel"], view["contact"]) == ("email", "masha.k@example.org")
    await small.code("masha.k@example.org")
    assert (await small.flow("profile", **CHILD))["state"] == "signed_in"
    for link, code in (("fifth", "email_needs_primary_class"), ("staff", "email_needs_invite")):
        bigger = auth.browser()
        await bigger.begin("invite", link)
        await bigger.contact(f"{link}@example.org")
        assert await bigger.flow_refused("code", code=await auth.code(f"{link}@example.org")) == code
        assert (await bigger.get("/api/auth/flow"))["state"] == "contact"


async def test_an_email_is_one_profile(auth: AuthHouse) -> None:
    """R-7: the child's e-mail is its own; a second child on it meets the first one's profile."""
    auth.schools.invites["third"] = an_invite(3)
    await auth.browser().register("masha@example.org", "invite", "third")
    other = auth.browser()
    await other.begin("invite", "third")
    await other.contact("MASHA@example.org")
    assert (await other.code("masha@example.org"))["state"] == "password"


async def test_an_email_makes_no_account_by_log_in(auth: AuthHouse) -> None:
    """R-42, D2: refused with the invite explanation, after the code, so that nobody learns who has an account (D5)."""
    browser = auth.browser()
    await browser.begin()
    assert (await browser.contact("nobody@example.org"))["state"] == "code"
    assert await browser.flow_refused("code", code=await auth.code("nobody@example.org")) == "email_needs_invite"


async def test_an_adults_birth_date_in_a_students_form_warns(auth: AuthHouse) -> None:
    """R-12: the warning comes once; «Мне правда 18 или больше» goes on."""
    auth.schools.invites["good"] = an_invite(11)
    browser = auth.browser()
    await browser.begin("invite", "good")
    await browser.contact(PHONE)
    await browser.code(PHONE)
    assert await browser.flow_refused("profile", **ADULT) == "registration_role"
    assert (await browser.flow("profile", **ADULT, adult=True))["state"] == "signed_in"


async def test_the_form_refuses_what_no_person_has(auth: AuthHouse) -> None:
    """R-44, E-15: names, dates that are none, dates to come."""
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    await browser.code(PHONE)
    for change, code in (
        ({"first_name": "  "}, "name_required"),
        ({"last_name": ""}, "name_required"),
        ({"birth_date": "2013-02-30"}, "dob_invalid"),
        ({"birth_date": "2999-01-01"}, "dob_future"),
        ({"birth_date": "1850-01-01"}, "dob_invalid"),
        ({"password": "коротко"}, "password_short"),
        ({"password": "qwerty123"}, "password_common"),
    ):
        assert await browser.flow_refused("profile", **{**CHILD, **change}) == code
    assert (await browser.flow("profile", **CHILD))["state"] == "signed_in"


async def test_a_parent_registers_on_an_own_phone(auth: AuthHouse) -> None:
    """R-5, R-60, R-62: a phone; not the child's; an adult; then the child's profile is next."""
    child = auth.browser()
    account = int((await child.register(PHONE))["account"])
    auth.schools.children.add(account)
    auth.schools.links["link"] = account
    parent = auth.browser()
    view = await parent.begin("parent", "link")
    assert (view["parent"]["child_name"], view["form"]) == ("Алексей П.", "parent")
    await parent.contact(PHONE)
    assert await parent.flow_refused("code", code=await auth.code(PHONE)) == "phone_is_childs"
    await parent.contact("parent@example.org")
    assert await parent.flow_refused("code", code=await auth.code("parent@example.org")) == "phone_needed"
    await parent.contact("+79211111157")
    await parent.code("+79211111157")
    assert await parent.flow_refused("profile", **CHILD) == "parent_too_young"
    view = await parent.flow("profile", **ADULT)
    assert (view["state"], view["step"]) == ("signed_in", "child")


async def test_a_parent_with_an_account_enters_its_password(auth: AuthHouse) -> None:
    """R-61, R-74, D4: another's profile is left by «Not my account»; somebody logged in goes straight on."""
    auth.schools.links["link"] = 999
    teacher = auth.browser()
    await teacher.register("+79211111157", **ADULT)
    assert (await teacher.begin("parent", "link"))["step"] == "child"
    elsewhere = auth.browser()
    await elsewhere.begin("parent", "link")
    await elsewhere.contact("+79211111157")
    view = await elsewhere.code("+79211111157")
    assert view["recognised"]["name"] == "Марина П."
    assert (await elsewhere.flow("not-me"))["state"] == "other"
    assert (await elsewhere.flow("other", choice="own"))["state"] == "contact"
    await elsewhere.contact("+79211111157")
    auth.shift_ms += 1
    view = await elsewhere.code("+79211111157")
    view = await elsewhere.flow("password", password=PASSWORD)
    assert (view["state"], view["step"]) == ("signed_in", "child")


async def test_the_documents_shown_are_the_ones_accepted(auth: AuthHouse) -> None:
    """R-40, E-17: an older version is refused; the accepted one is in one's own data; both languages are there."""
    browser = auth.browser()
    await browser.begin()
    old = {**VERSIONS, "agreement_version": "2020-01"}
    assert await browser.flow_refused("contact", contact=PHONE, **old) == "documents_changed"
    await browser.contact(PHONE)
    await browser.code(PHONE)
    await browser.flow("profile", **CHILD)
    data = await browser.get("/api/auth/my-data")
    assert {(one["document"], one["version"]) for one in data["documents"]} == {
        ("agreement", "2026-11"),
        ("privacy", "2026-11"),
    }
    for document in ("agreement", "privacy"):
        texts = [await browser.get(f"/api/auth/documents/{document}/{language}") for language in ("ru", "en")]
        assert texts[0]["text"] != texts[1]["text"]
        assert all("{" not in text["text"] + text["title"] for text in texts)
    assert await browser.refused("GET", "/api/auth/documents/../ru") in {"not_found", "document_unknown"}


async def test_every_registration_screen_has_support_and_no_social_network(auth: AuthHouse) -> None:
    """R-13, R-14, R-9: the support address comes with the options; no external way in unless it is configured."""
    options = await auth.browser().get("/api/auth/options")
    assert options["support"] == "support@school.example"
    assert options["external"] == ""
    assert await auth.browser().refused("POST", "/api/auth/flow/external", {}) == "external_off"


async def test_forty_pupils_register_from_one_address_in_a_minute(auth: AuthHouse) -> None:
    """D19, issue 3 item 2: a whole class behind one address."""
    auth.schools.invites["good"] = an_invite()

    async def pupil(number: int) -> str:
        browser = auth.browser()
        return str((await browser.register(f"+7911222{number:04}", "invite", "good", password=""))["state"])

    assert await asyncio.gather(*map(pupil, range(40))) == ["signed_in"] * 40
