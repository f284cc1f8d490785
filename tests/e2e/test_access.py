"""What axe does not see (experience §6): zoom, high contrast, less motion, the announcer, longer words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.browser import chromium
from tests.e2e.demo import Demo, demo_school

ROOT = Path(__file__).parents[2]

# Visible elements that reach out of the window sideways, except inside of what scrolls by itself.
OVERHANG = """() => {
  const out = []
  if (document.documentElement.scrollWidth > innerWidth) out.push(`page: ${document.documentElement.scrollWidth}`)
  for (const one of document.querySelectorAll('body *')) {
    const box = one.getBoundingClientRect()
    const hidden = one.closest('.visually-hidden, .skip, [hidden], svg') || !one.checkVisibility()
    if (hidden || box.width === 0 || box.right <= innerWidth + 1) continue
    let scrolls = false
    for (let up = one.parentElement; up; up = up.parentElement) {
      const moves = ['auto', 'scroll'].includes(getComputedStyle(up).overflowX)
      scrolls ||= moves && up.getBoundingClientRect().right <= innerWidth + 1
    }
    if (!scrolls) out.push(`${one.tagName}.${one.className}: ${Math.round(box.right)} of ${innerWidth}`)
  }
  return out.slice(0, 5)
}"""

# Words that are cut although nothing says so with dots.
CLIPPED = """() => [...document.querySelectorAll('button, a, label, h1, h2, h3, legend, span, p')]
  .filter((one) => one.checkVisibility() && one.textContent.trim() && !one.closest('.visually-hidden, .skip'))
  .filter((one) => {
    const style = getComputedStyle(one)
    const cuts = ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis'
    return cuts && one.scrollWidth > one.clientWidth + 1
  })
  .map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""


DURATIONS = "document.getAnimations().map((one) => one.effect.getComputedTiming().activeDuration)"


def until(condition: str) -> str:
    """Waits in the page, frame by frame. ``wait_for_function`` evaluates strings, which the page's CSP refuses."""
    return f"async () => {{ while (!({condition})) await new Promise(requestAnimationFrame) }}"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_school(tmp_path_factory.mktemp("access")) as school:
        yield school


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def enter(browser: Browser, demo: Demo, name: str, **options: Any) -> Page:
    context: BrowserContext = await browser.new_context(locale="ru-RU", **options)
    page = await context.new_page()
    await page.goto(demo.link(name))
    await page.locator("a[data-chat]").first.wait_for()
    return page


async def open_class(page: Page) -> None:
    title = page.locator(".title", has_text=re.compile("^7А"))
    await page.locator("a[data-chat]").filter(has=title).click()
    await expect(page.locator('#messages [role="listitem"]').first).to_be_visible()


async def through_the_screens(page: Page, check: str) -> dict[str, Any]:
    """What ``check`` finds on the list, in a chat, with a menu, a dialog, in the settings and at home."""
    found = {"list": await page.evaluate(check)}
    await open_class(page)
    found["chat"] = await page.evaluate(check)
    await page.locator('#messages [data-key][tabindex="0"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_be_visible()
    found["menu"] = await page.evaluate(check)
    await page.locator('[data-item="delete"]').click()
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    found["dialog"] = await page.evaluate(check)
    await page.keyboard.press("Escape")
    origin = await page.evaluate("location.origin")
    for place in ("settings", "home"):
        await page.goto(f"{origin}/{place}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        found[place] = await page.evaluate(check)
    return {where: what for where, what in found.items() if what}


async def test_four_hundred_per_cent_zoom_needs_no_sideways_scrolling(demo: Demo, browser: Browser) -> None:
    """E-12, WCAG 1.4.10: 1280 x 1024 at 400 % is 320 x 256; everything is there, and a message can be written."""
    page = await enter(browser, demo, "Алексей", viewport={"width": 320, "height": 256})
    assert await through_the_screens(page, OVERHANG) == {}
    await page.goto(await page.evaluate("location.origin") + "/messages")
    await open_class(page)
    await page.locator("#composer").fill("Пишу при увеличении")
    await page.locator("#composer + button").click()
    said = page.locator('#messages [role="listitem"]').filter(has_text="Пишу при увеличении")
    await expect(said).to_have_attribute("data-state", "sent")
    await expect(said).to_be_in_viewport()


async def test_high_contrast_loses_no_shape_and_no_state(demo: Demo, browser: Browser) -> None:
    """E-12: forced colours drop every fill; bubbles, badges and what is chosen keep an edge, the focus its ring."""
    page = await enter(browser, demo, "Алексей", forced_colors="active")
    await open_class(page)
    edge = "(one) => { const style = getComputedStyle(one); return [style.borderTopWidth, style.outlineStyle] }"
    for what in ("#messages .bubble:not(.bare)", "a[data-chat] .badge"):
        width, _ = await page.locator(what).first.evaluate(edge)
        assert width != "0px", what
    chosen = page.locator(
        '[data-screen="S22"] [aria-checked="true"], [data-screen="S22"] label:has(input:checked)'
    ).first
    width, outline = await chosen.evaluate(edge)
    assert width != "0px" or outline != "none"
    _, outline = await page.locator("a[data-chat][aria-current]").first.evaluate(edge)
    assert outline != "none"
    await page.keyboard.press("Tab")
    _, outline = await page.locator(":focus").evaluate(edge)
    assert outline != "none"


async def test_less_motion_leaves_no_animation_over_80_ms(demo: Demo, browser: Browser) -> None:
    """E-12, experience §5.3: menus, dialogs, toasts and jumps come without movement when the system asks for that."""
    page = await enter(browser, demo, "Алексей", reduced_motion="reduce")
    lasting = f"() => {DURATIONS}.filter((ms) => ms > 80)"
    assert await through_the_screens(page, lasting) == {}
    plain = await enter(browser, demo, "Мария", reduced_motion="no-preference")
    await open_class(plain)
    await plain.locator('#messages [data-key][tabindex="0"]').focus()
    moving = asyncio.create_task(plain.evaluate(until(f"{DURATIONS}.some((ms) => ms > 80)")))
    await plain.keyboard.press("Enter")
    await moving  # without the wish there is movement: the check above would see it


async def test_the_announcer_speaks_messages_and_counts_a_flood(demo: Demo, browser: Browser) -> None:
    """E-12: what others say in the open chat is spoken once each; many at a time are told as a number."""
    page = await enter(browser, demo, "Алексей")
    await page.evaluate(
        """() => {
          window.spoken = []
          const region = document.querySelector('[data-announcer=polite]')
          const watcher = new MutationObserver(() => window.spoken.push(region.textContent.trim()))
          watcher.observe(region, { childList: true, characterData: true, subtree: true })
        }"""
    )
    await page.locator("a[data-chat]").filter(has_text="Мария Иванова").first.click()
    await expect(page.locator("#composer")).to_be_visible()
    maria = await enter(browser, demo, "Мария")
    await maria.locator("a[data-chat]").filter(has_text="Алексей Петров").first.click()

    async def say(text: str) -> None:
        await maria.locator("#composer").fill(text)
        await maria.keyboard.press("Enter")

    await say("Слышно меня?")
    await page.evaluate(until("window.spoken.some((text) => text === 'Мария: Слышно меня?')"))
    for number in range(8):
        await say(f"Раз {number}")
    await page.evaluate(until("window.spoken.some((text) => /^[4-9] новых сообщени/.test(text))"))
    heard = await page.evaluate("window.spoken.filter((text) => text === 'Мария: Слышно меня?').length")
    assert heard == 1


async def test_words_a_third_longer_are_not_cut(demo: Demo, browser: Browser) -> None:
    """E-13: a pseudo-locale, 30 % longer than Russian: nothing leaves the window, nothing is cut without dots."""

    async def longer(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.text()

        def grow(entry: re.Match[str]) -> str:
            words = entry[3]
            return f"{entry[1]}{entry[2]}{words}{'ж' * (len(words) * 3 // 10)}{entry[2]}"

        grown, count = re.subn(r"""(["'`][\w.]+["'`]:|\b(?:one|few|many|other):)(["'`])((?:(?!\2).)*)\2""", grow, body)
        assert count > 100, "the catalogue is built in another shape: the pseudo-locale would be Russian itself"
        await route.fulfill(response=answer, body=grown)

    for width, height in ((360, 740), (1280, 800)):
        context = await browser.new_context(
            locale="ru-RU", viewport={"width": width, "height": height}, service_workers="block"
        )
        await context.route("**/assets/ru-*.js", longer)
        page = await context.new_page()
        await page.goto(demo.link("Алексей"))
        await page.locator("a[data-chat]").first.wait_for()
        await expect(page.get_by_role("heading", name="Сообщенияжж")).to_be_visible()
        assert await through_the_screens(page, OVERHANG) == {}
        await page.goto(await page.evaluate("location.origin") + "/messages")
        assert await through_the_screens(page, CLIPPED) == {}
        await context.close()
