"""The web client in Chromium on a real server with 200 chats, one of 10,000 messages.

``python -m tests.bench.bench_web``; the last line is JSON. Long tasks come from Chromium's own trace (the pages' main
threads), by the clock and by the thread's CPU time; frames from ``requestAnimationFrame``; the heap from the debugger
after a collection; sizes are the build's. Chromium draws in software and shares the cores with the server here.

The limits: no task over 50 ms, frames p95 16.7 ms (33 ms at a quarter of the CPU), drift 1 px, heap 60 MB, a cached
chat 100 ms, a warm start 800 ms, opening 100 kB in one round trip.
"""

from __future__ import annotations

import asyncio
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, WebSocket, async_playwright

from tests.e2e.scrolling import scroll, still
from tests.e2e.server import ServerProcess

ROOT = Path(__file__).parents[2]
CHATS = 200
POSTS = 10_000
OPENINGS = 5
SWITCHES = 50
LONG_TASK_MS = 50
WAIT_MS = 120_000

FLY = """async (frames_max) => {
  const scroller = document.querySelector('#messages')
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  const size = () => Number(scroller.querySelector('[aria-setsize]').getAttribute('aria-setsize'))
  const frames = []
  let last = await frame(), idle = 0
  while (frames.length < frames_max && idle < 90) {
    const count = size()
    scroller.scrollTop -= Math.round(scroller.clientHeight / 2)
    const now = await frame()
    frames.push(now - last)
    last = now
    idle = scroller.scrollTop <= 0 && size() === count ? idle + 1 : 0
  }
  return { frames: frames.slice(0, frames.length - idle), rows: size() }
}"""

SWITCH = """async (href) => {
  const began = performance.now()
  document.querySelector(`a[data-chat][href="${href}"]`).click()
  const there = () => location.pathname === href && document.querySelector('#messages [data-key]')
  while (!there()) await new Promise((done) => requestAnimationFrame(done))
  await new Promise((done) => requestAnimationFrame(done))
  return performance.now() - began
}"""

TYPING = """() => {
  window.letters = []
  window.bubbles = []
  const field = document.querySelector('#composer')
  let pressed = 0, told = 0
  field.addEventListener('keydown', (event) => { pressed = event.timeStamp }, true)
  field.addEventListener('input', () => {
    const at = pressed
    requestAnimationFrame(() => window.letters.push(performance.now() - at))
  })
  new MutationObserver(() => {
    if (!document.querySelector('[data-state=pending]') || pressed === told) return
    const at = pressed
    told = pressed
    requestAnimationFrame(() => window.bubbles.push(performance.now() - at))
  }).observe(document.querySelector('#messages'), { childList: true, subtree: true })
}"""

WHEN_SHOWN = """(() => {
  const look = () => {
    if (document.querySelector('%s')) requestAnimationFrame(() => (window.shownMs = performance.now()))
    else requestAnimationFrame(look)
  }
  look()
})()"""


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


async def shown_ms(page: Page) -> float:
    # no `wait_for_function`: it evaluates strings, which the page's CSP refuses
    waited = "async () => { while (!window.shownMs) await new Promise(requestAnimationFrame); return window.shownMs }"
    return float(await page.evaluate(waited))


async def heap_mb(tool: CDPSession) -> float:
    for _ in range(2):
        await tool.send("HeapProfiler.collectGarbage")
    used = await tool.send("Runtime.getHeapUsage")
    return float(used["usedSize"]) / 1e6


def task_times(trace: bytes) -> tuple[list[float], list[float]]:
    """Milliseconds of every task on the pages' main threads: as the clock saw them, and the thread's own CPU time.

    On a machine with other work the first holds the time in which the thread waited for a core.
    """
    events = json.loads(trace)["traceEvents"]
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        one for one in events if one["name"].endswith("RunTask") and "dur" in one and (one["pid"], one["tid"]) in mains
    ]
    assert tasks, "the trace holds no tasks"
    return [one["dur"] / 1e3 for one in tasks], [one["tdur"] / 1e3 for one in tasks if "tdur" in one]


class Bench:
    def __init__(self, browser: Browser, server: ServerProcess, token: str, chats: Sequence[str]) -> None:
        self.browser = browser
        self.server = server
        self.token = token
        self.chats = chats

    async def context(self) -> BrowserContext:
        context = await self.browser.new_context(viewport={"width": 1280, "height": 800}, locale="ru-RU")
        await context.add_cookies(
            [{"name": "rt_session", "value": self.token, "url": self.server.url, "httpOnly": True}]
        )
        context.set_default_timeout(WAIT_MS)
        return context

    async def opening(self) -> dict[str, float]:
        """A browser that has nothing yet: to the list, and what came over the socket for it."""
        context = await self.context()
        page = await context.new_page()
        told = {"bytes": 0, "asked": 0}

        def watch(socket: WebSocket) -> None:
            def heard(frame: bytes | str) -> None:
                told["bytes"] += len(frame if isinstance(frame, bytes) else frame.encode())

            def said(frame: bytes | str) -> None:
                told["asked"] += str(frame).startswith("42")  # Socket.IO: an event, after the handshake

            socket.on("framereceived", heard)
            socket.on("framesent", said)

        page.on("websocket", watch)
        await page.add_init_script(WHEN_SHOWN % "a[data-chat]")
        await page.goto(f"{self.server.url}/messages")
        found = {"open_ms": await shown_ms(page), "open_kb": told["bytes"] / 1e3, "open_round_trips": told["asked"]}
        await context.close()
        return found

    async def warm_start(self, *, offline: bool) -> float:
        context = await self.context()
        page = await context.new_page()
        await page.goto(f"{self.server.url}/messages/{self.chats[1]}")
        await page.locator("#messages [data-key]").first.wait_for()
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await page.goto("about:blank")
        await context.set_offline(offline)
        await page.add_init_script(WHEN_SHOWN % "#messages [data-key]")
        await page.goto(f"{self.server.url}/messages/{self.chats[1]}")
        found = await shown_ms(page)
        await context.close()
        return found

    async def reading(self) -> dict[str, Any]:
        """One page lives through all of it: 10,000 messages, typing, 50 switches, and what it keeps in memory."""
        context = await self.context()
        page = await context.new_page()
        tool = await context.new_cdp_session(page)
        await page.goto(f"{self.server.url}/messages/{self.chats[0]}")
        await page.locator("#messages [data-key]").first.wait_for()
        await still(page)
        await page.evaluate(TYPING)
        await page.locator("#composer").focus()
        for _ in range(10):
            # Latin letters: Playwright presses no keys for others
            await page.keyboard.type("fast enough?", delay=40)
            await page.keyboard.press("Enter")
        letters, bubbles = await page.evaluate("[window.letters, window.bubbles]")
        await self.browser.start_tracing(page=page, categories=["toplevel"])
        flight = await page.evaluate(FLY, 20_000)
        wall, cpu = task_times(await self.browser.stop_tracing())
        found: dict[str, Any] = {
            "letter_p50_ms": statistics.median(letters),
            "letter_p95_ms": p95(letters),
            "bubble_p50_ms": statistics.median(bubbles),
            "scroll_rows": flight["rows"],
            "scroll_frames": len(flight["frames"]),
            "scroll_frame_p50_ms": statistics.median(flight["frames"]),
            "scroll_frame_p95_ms": p95(flight["frames"]),
            "scroll_long_tasks": sum(one > LONG_TASK_MS for one in wall),
            "scroll_longest_task_ms": max(wall),
            "scroll_long_tasks_cpu": sum(one > LONG_TASK_MS for one in cpu),
            "scroll_longest_task_cpu_ms": max(cpu),
            "heap_10000_mb": await heap_mb(tool),
        }
        first, second = [], []
        hrefs = [f"/messages/{chat}" for chat in reversed(self.chats[-SWITCHES // 2 :])]
        for times in (first, second):
            times += [await page.evaluate(SWITCH, href) for href in hrefs]
        found |= {
            "switch_uncached_p95_ms": p95(first),
            "switch_cached_p50_ms": statistics.median(second),
            "switch_cached_p95_ms": p95(second),
            "heap_after_switches_mb": await heap_mb(tool),
        }
        await context.close()
        return found

    async def slow_device(self) -> dict[str, float]:
        """A fourth of the CPU, 600 frames up the long chat; then 20 pages of older messages, frame by frame."""
        context = await self.context()
        page = await context.new_page()
        await page.goto(f"{self.server.url}/messages/{self.chats[0]}")
        await page.locator("#messages [data-key]").first.wait_for()
        await still(page)
        tool = await context.new_cdp_session(page)
        await tool.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        flight = await page.evaluate(FLY, 600)
        await tool.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        await still(page)
        seen = await scroll(page, -0.45, 2_000, "arrivals >= 20")
        await context.close()
        return {"slow_frame_p95_ms": p95(flight["frames"]), "drift_px": seen["drift"]}


def seed(home: Path) -> tuple[ServerProcess, str, list[str]]:
    server = ServerProcess(home)
    server.command("migrate")
    people = [
        server.command("admin", "account", "add", name, "Ким", "--school", "Школа", "--role", role, "--class", "7А")
        for name, role in (("Вера", "teacher"), ("Маша", "student"))
    ]
    command = [sys.executable, "-m", "tests.long_chat", server.environment["RT_STORAGE__DATABASE"], *people]
    told = subprocess.run([*command, str(CHATS), str(POSTS)], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    return server, server.command("admin", "account", "token", people[1]), json.loads(told.stdout)


async def measure(server: ServerProcess, token: str, chats: list[str]) -> dict[str, Any]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        bench = Bench(browser, server, token, chats)
        openings = [await bench.opening() for _ in range(OPENINGS)]
        found: dict[str, Any] = {key: statistics.median(one[key] for one in openings) for key in openings[0]}
        print(found, flush=True)
        for offline in (False, True):
            starts = [await bench.warm_start(offline=offline) for _ in range(OPENINGS)]
            found["warm_start_offline_ms" if offline else "warm_start_ms"] = statistics.median(starts)
            print(starts, "offline" if offline else "online", flush=True)
        for part in (bench.reading, bench.slow_device):
            more = await part()
            print(more, flush=True)
            found |= more
        found["chromium"] = browser.version
        await browser.close()
        return found


def main() -> None:
    subprocess.run([sys.executable, ROOT / "clients" / "web" / "build.py"], check=True)
    sizes = json.loads((ROOT / "rtserver" / "static" / ".vite" / "sizes.json").read_text())
    with tempfile.TemporaryDirectory(dir=".") as home:
        server, token, chats = seed(Path(home))
        server.start()
        try:
            found = asyncio.run(measure(server, token, chats))
        finally:
            server.kill()
    rounded = {key: round(value, 2) if isinstance(value, float) else value for key, value in found.items()}
    built = {f"{one['what']}, kB gzip": round(one["bytes"] / 1024, 1) for one in sizes}
    print(json.dumps(rounded | built | {"chats": CHATS, "python": platform.python_version()}, ensure_ascii=False))


if __name__ == "__main__":
    main()
