"""One call of a real SFU in this process, and browsers in it: what signaling does, done by the test itself."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, async_playwright

from media import control as c
from media.port import Port
from media.sfu import Sfu, SfuSettings

WAIT_S = 20.0
"""For what must come; nothing is measured by it."""
PAGE = "http://127.0.0.1:9/"
"""Never asked for: the test answers it. A page of this name may use devices."""
# One browser opens its fake camera once: pages that ask for another size get what the first one chose.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
]


class Room:
    def __init__(self, *, plain: bool = False, hosts: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self.notices: list[c.Notice] = []
        self.loads: list[c.Load] = []
        self.changed = asyncio.Event()
        self.port = Port(hosts, 0, plain=plain)
        self.sfu = Sfu(self.port, SfuSettings(), self._told)
        self.tracks: dict[str, dict[str, Any]] = {}
        self.layers: dict[tuple[str, str], list[str]] = {}
        self._number = 0
        self.on_layers: Callable[[str, str, list[str]], None] = lambda participant, mid, active: None

    def _told(self, message: msgspec.Struct) -> None:
        if isinstance(message, c.Load):
            self.loads.append(message)
        elif isinstance(message, c.Notice):
            if message.kind == "tracks":
                self.tracks = {row["key"]: row for row in message.fields["tracks"]}
            elif message.kind == "layers":
                self.layers[message.participant, message.fields["mid"]] = message.fields["active"]
                self.on_layers(message.participant, message.fields["mid"], message.fields["active"])
            self.notices.append(message)
        self.changed.set()

    def order(self, kind: type[c.Order], **fields: Any) -> str:
        self._number += 1
        reply = self.sfu.obey(c.Numbered(number=self._number, order=kind(call="1", generation=1, **fields)))
        assert not reply.error, (reply.error, reply.detail)
        return reply.value

    def show(self, participant: str, *slots: tuple[str, str | None, int, int]) -> None:
        self.order(c.ShowSlots, participant=participant, slots=[c.Shown(*slot) for slot in slots])


class PeerPage:
    """A page with ``peer.js`` in it: the media side of one participant."""

    def __init__(self, name: str, page: Page) -> None:
        self.name, self.page = name, page

    async def open(self) -> None:
        await self.page.goto(PAGE)

    async def receive(self, offer: str) -> str:
        """The answer to the server's offer."""
        answer: str = await self.page.evaluate("(sdp) => peer.receive(sdp)", offer)
        return answer

    async def offer(self, width: int = 1280, height: int = 720, **more: Any) -> dict[str, Any]:
        """What this page sends: ``sdp``, ``names`` and ``heights`` by mid."""
        asked = {"width": width, "height": height, **more}
        offer: dict[str, Any] = await self.page.evaluate("(o) => peer.offer(o)", asked)
        return offer

    async def answered(self, answer: str) -> None:
        await self.page.evaluate("(sdp) => peer.answered(sdp)", answer)

    async def attach(self, mid: str) -> None:
        await self.page.evaluate("(mid) => peer.attach(mid)", mid)

    async def inbound(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = await self.page.evaluate("() => peer.inbound()")
        return found

    async def outbound(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self.page.evaluate("() => peer.outbound()")
        return rows

    async def until(self, wanted: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
        """The first statistics that are wanted."""
        found: dict[str, dict[str, Any]] = {}
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    found = await self.inbound()
                    with contextlib.suppress(KeyError):  # a track that has not begun has no row
                        if wanted(found):
                            return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{self.name}: {found}") from None


class BrowserPeer(PeerPage):
    """A page in a ``Room``."""

    def __init__(self, room: Room, name: str, page: Page) -> None:
        super().__init__(name, page)
        self.room = room

    async def join(self, width: int = 1280, height: int = 720, **more: Any) -> None:
        await self.open()
        offer = self.room.order(c.Join, participant=self.name)
        self.room.order(c.Answer, participant=self.name, sdp=await self.receive(offer))
        mine = await self.offer(width, height, **more)
        said = self.room.order(
            c.Publish, participant=self.name, sdp=mine["sdp"], names=mine["names"], heights=mine["heights"]
        )
        await self.answered(said)

    def track(self, name: str = "camera") -> str:
        return next(k for k, t in self.room.tracks.items() if t["participant"] == self.name and t["name"] == name)


@asynccontextmanager
async def room_with(
    *names: str, plain: bool = False, hosts: tuple[str, ...] = ("127.0.0.1",)
) -> AsyncIterator[tuple[Room, list[BrowserPeer]]]:
    room = Room(plain=plain, hosts=hosts)
    room.sfu.start()
    try:
        async with browser_pages(*names) as pages:
            yield room, [BrowserPeer(room, page.name, page.page) for page in pages]
    finally:
        await room.sfu.close()


@asynccontextmanager
async def browser_pages(*names: str) -> AsyncIterator[list[PeerPage]]:
    """One Chromium with fake devices, and a page for each name."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield [PeerPage(name, await _page(browser, name)) for name in names]
        finally:
            await browser.close()


async def _page(browser: Browser, name: str) -> Page:
    script = (Path(__file__).parent / "peer.js").read_text()
    page = await (await browser.new_context()).new_page()
    page.on("pageerror", lambda error: print(name, error))
    await page.route(
        PAGE, lambda route: route.fulfill(content_type="text/html", body=f"<!doctype html><script>{script}</script>")
    )
    return page
