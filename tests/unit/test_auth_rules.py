"""Contacts, codes, limits and addresses: the pure rules of logging in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from rtserver.auth.codes import Challenge, CodeRules, clean_code, digest_code, judge_code, resend_wait_ms
from rtserver.auth.contacts import mask_contact, read_contact, short_name, show_contact
from rtserver.auth.limits import WINDOW_MS, LimitRules, wait_minutes, weighed, window_of
from rtserver.routes.address import client_address, is_foreign, is_secure, limit_key, networks
from rtserver.routes.http import device_name
from rtserver.wire.errors import AppError

KEY = b"k" * 32


@pytest.mark.parametrize(
    "typed",
    [
        "+79111111111",
        "89111111111",
        "8 (911) 111-11-11",
        "+7 911 111 11 11",
        "9111111111",
        " 79111111111 ",
        "８９１１１１１１１１１",
    ],
)
def test_a_russian_number_in_any_usual_form(typed: str) -> None:
    """R-39, R-3: one number is one profile, however it is typed."""
    assert read_contact(typed).address == "+79111111111"


@pytest.mark.parametrize("typed", ["+375 29 123-45-67", "+7 701 234 56 78", "+374 91 234567"])
def test_numbers_of_other_countries(typed: str) -> None:
    assert read_contact(typed).address.startswith("+")


@pytest.mark.parametrize("typed", ["", "8911", "12345678901", "+7 911 111 11 1", "abcdefghijk", "+79111111111111111"])
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(AppError, match="phone_invalid"):
        read_contact(typed)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Masha.K@Example.ORG ", "masha.k@example.org"),
        ("маша@школа.рф", None),
        ("masha@школа.рф", "masha@xn--80atdl2c.xn--p1ai"),
        ("a@b", None),
        ("a@@b.ru", None),
        ("a..b@b.ru", None),
        ("a b@c.ru", None),
        ("a@1.2.3.4", None),
        (f"{'a' * 65}@b.ru", None),
        ("a\r\nBcc: x@y.ru", None),
    ],
)
def test_e_mails_have_one_form(typed: str, address: str | None) -> None:
    """R-7: Masha@ and masha@ are one profile; nothing that could break a letter's head passes."""
    if address is None:
        with pytest.raises(AppError, match="email_invalid"):
            read_contact(typed)
    else:
        assert read_contact(typed).address == address


@given(st.text(max_size=60))
def test_reading_never_breaks_and_is_stable(typed: str) -> None:
    """Whatever is typed: a contact whose own form reads as itself, or a refusal with a code."""
    try:
        contact = read_contact(typed)
    except AppError as refusal:
        assert refusal.code in {"phone_invalid", "email_invalid"}
    else:
        assert read_contact(contact.address) == contact


def test_how_contacts_are_shown() -> None:
    """R-21, R-27."""
    assert show_contact("phone", "+79111111111") == "+7 (911) 111-11-11"
    assert mask_contact("phone", "+79215551157") == "+7 921 ... 57"
    assert mask_contact("email", "masha@example.org") == "m...@example.org"
    assert short_name("Алексей", "Петров") == "Алексей П."


def challenge(**changes: object) -> Challenge:
    values: dict[str, object] = {
        "id": 7,
        "digest": digest_code(KEY, 7, "123456"),
        "tries": 0,
        "created_ms": 0,
        "expires_ms": 600_000,
        "used": False,
        "failed": False,
    }
    return Challenge(**{**values, **changes})  # type: ignore[arg-type]


def test_codes_are_judged() -> None:
    """D1."""
    rules = CodeRules()
    assert judge_code(KEY, challenge(), "123 456", 599_999, rules) == "right"
    assert judge_code(KEY, challenge(), "123457", 0, rules) == "wrong"
    assert judge_code(b"x" * 32, challenge(), "123456", 0, rules) == "wrong"
    assert judge_code(KEY, challenge(id=8), "123456", 0, rules) == "wrong"
    for changes, now, code in (
        ({"tries": 5}, 0, "code_dead"),
        ({"used": True}, 0, "code_dead"),
        ({}, 600_000, "code_expired"),
        ({"digest": None, "failed": True}, 0, "delivery_failed"),
        ({"digest": None}, 0, "code_wrong"),
    ):
        with pytest.raises(AppError, match=code):
            judge_code(KEY, challenge(**changes), "123456", now, rules)
    assert clean_code(" abcd-2345 ") == "ABCD2345"
    assert [resend_wait_ms(0, now, rules) for now in (0, 119_999, 120_000)] == [120_000, 1, 0]


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, WINDOW_MS * 3), st.integers(1, 60))
def test_waiting_as_told_is_enough(current: int, previous: int, now: int, bound: int) -> None:
    """D19: after the minutes that were told one more try is allowed; a minute earlier is never promised."""
    minutes = wait_minutes(current, previous, bound, now)
    assert (minutes == 0) == (weighed(current, previous, now) < bound)
    assert minutes <= 2 * WINDOW_MS // 60_000 + 1
    later = now + minutes * 60_000
    windows = (window_of(later) - window_of(now)) // WINDOW_MS
    in_window = [(current, previous), (0, current), (0, 0)][min(2, windows)]
    assert weighed(*in_window, later) < bound


def test_school_networks_raise_addresses_only() -> None:
    """D19."""
    rules = LimitRules()
    assert rules.bound("send:address", school=True) == rules.sends_address * rules.school_factor
    assert rules.bound("fail:account", school=True) == rules.fails_account


def test_whose_address_it_is() -> None:
    """Architecture §3: a header counts only from a trusted proxy, and from the right."""
    trusted = networks(["10.0.0.0/8", "::1"])
    for peer, header, address in (
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
    ):
        assert client_address(peer, {"X-Forwarded-For": header}, trusted) == address
    assert is_secure("10.0.0.1", "http", {"X-Forwarded-Proto": "https"}, trusted)
    assert not is_secure("203.0.113.9", "http", {"X-Forwarded-Proto": "https"}, trusted)
    lines = CIMultiDict([("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "198.51.100.1")])
    assert client_address("10.0.0.1", lines, trusted) == "198.51.100.1", "the nearest proxy's own line"
    lines = CIMultiDict([("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")])
    assert not is_secure("10.0.0.1", "http", lines, trusted)
    assert limit_key("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert limit_key("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"Origin": "https://school.example"}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://school.example"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}, False),
        ({"Origin": "https://school.example.evil.example"}, True),
    ],
)
def test_requests_of_other_sites(headers: dict[str, str], foreign: bool) -> None:
    """CSRF."""
    assert is_foreign("POST", headers, "school.example", ["https://app.example"]) is foreign
    assert not is_foreign("GET", headers, "school.example", [])


def test_the_same_name_without_tls_is_another_site() -> None:
    """CSRF: an old browser without Fetch Metadata, and somebody on the line who writes pages of http://."""
    plain, tls = {"Origin": "http://school.example"}, {"Origin": "https://school.example"}
    assert is_foreign("POST", plain, "school.example", [], secure=True)
    assert not is_foreign("POST", tls, "school.example", [], secure=True)
    assert not is_foreign("POST", tls, "school.example", [], secure=False), "a proxy that says no scheme"


def test_devices_have_names() -> None:
    """S21."""
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
    assert device_name(phone) == "Chrome, Android"
    assert device_name("curl/8") == ""
