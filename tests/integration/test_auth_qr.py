"""Log-in by QR code: the computer shows, the phone approves, once. Over HTTP on both engines."""

from __future__ import annotations

import asyncio

from tests.integration.auth_house import AuthHouse, Browser

PHONE = "+79111111111"


async def shown(computer: Browser) -> str:
    await computer.begin()
    return str((await computer.post("/api/auth/qr"))["url"]).rpartition("/")[2]


async def test_a_phone_logs_a_computer_in(auth: AuthHouse) -> None:
    """R-41: the phone sees which computer; the computer waits and enters; the device is named in the list."""
    phone, computer = auth.browser(), auth.browser()
    account = (await phone.register(PHONE))["account"]
    token = await shown(computer)
    waiting = asyncio.create_task(computer.get("/api/auth/qr?known=waiting"))
    asked = await phone.post("/api/auth/qr/look", {"token": token})
    assert asked["device"] == "Chrome, Windows"
    assert (await waiting)["state"] == "seen"
    waiting = asyncio.create_task(computer.get("/api/auth/qr?known=seen"))
    await phone.post("/api/auth/qr/answer", {"token": token, "approve": True})
    assert (await waiting)["state"] == "approved"
    view = await computer.post("/api/auth/qr/finish")
    assert (view["state"], view["account"]) == ("signed_in", account)
    assert len((await phone.get("/api/auth/sessions"))["sessions"]) == 2


async def test_an_approval_works_once_and_only_for_its_computer(auth: AuthHouse) -> None:
    """R-41: not twice, not in the browser of somebody who photographed the picture."""
    phone, computer, thief = auth.browser(), auth.browser(), auth.browser()
    await phone.register(PHONE)
    token = await shown(computer)
    await thief.begin()
    await phone.post("/api/auth/qr/look", {"token": token})
    await phone.post("/api/auth/qr/answer", {"token": token, "approve": True})
    assert await thief.refused("POST", "/api/auth/qr/finish", {}) == "qr_expired"
    await computer.post("/api/auth/qr/finish")
    assert await computer.refused("POST", "/api/auth/qr/finish", {}) in {"qr_expired", "flow_step"}
    assert await phone.refused("POST", "/api/auth/qr/answer", {"token": token, "approve": True}) == "qr_used"


async def test_codes_get_old(auth: AuthHouse) -> None:
    """Appendix D: 60 s for the picture, 2 minutes for the approval; a fresh picture kills the earlier one."""
    phone, computer = auth.browser(), auth.browser()
    await phone.register(PHONE)
    first = await shown(computer)
    second = str((await computer.post("/api/auth/qr"))["url"]).rpartition("/")[2]
    assert await phone.refused("POST", "/api/auth/qr/look", {"token": first}) == "qr_expired"
    await phone.post("/api/auth/qr/look", {"token": second})
    auth.shift_ms += 119_000
    await phone.post("/api/auth/qr/answer", {"token": second, "approve": True})
    auth.shift_ms += 2_000
    assert await computer.refused("POST", "/api/auth/qr/finish", {}) == "qr_expired"
    third = str((await computer.post("/api/auth/qr"))["url"]).rpartition("/")[2]
    auth.shift_ms += 60_000
    assert await phone.refused("POST", "/api/auth/qr/look", {"token": third}) == "qr_expired"
    assert (await computer.get("/api/auth/qr?known=waiting"))["state"] == "expired"


async def test_it_is_not_me(auth: AuthHouse) -> None:
    """S03: a refused code is dead; another phone cannot take over one that was looked at."""
    phone, other, computer = auth.browser(), auth.browser(), auth.browser()
    await phone.register(PHONE)
    await other.register("+79112222222")
    token = await shown(computer)
    assert await phone.refused("POST", "/api/auth/qr/answer", {"token": token, "approve": True}) == "qr_used"
    await phone.post("/api/auth/qr/look", {"token": token})
    assert await other.refused("POST", "/api/auth/qr/look", {"token": token}) == "qr_used"
    await phone.post("/api/auth/qr/answer", {"token": token, "approve": False})
    assert (await computer.get("/api/auth/qr?known=seen"))["state"] == "refused"
    assert await computer.refused("POST", "/api/auth/qr/finish", {}) == "qr_expired"
    await computer.contact("+79112222222")  # the ordinary way stays open
