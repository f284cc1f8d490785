"""Scrolls a conversation in Chromium and measures, frame by frame, what moved that should not. Asserts nothing."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

UP = "scroller.scrollTop < scroller.scrollHeight - 2 * scroller.clientHeight"

# Scrolls by steps of the window's height and looks, frame by frame, how far one visible row is from where the scrolling
# alone would have put it. Ends when `wanted()` says so; gives the largest distance and how often rows came in.
SCROLL = """async ([step, limit, until]) => {
  const scroller = document.querySelector('#messages')
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  const box = scroller.getBoundingClientRect()
  const size = () => Number(scroller.querySelector('[aria-setsize]').getAttribute('aria-setsize'))
  const done = new Function('scroller', 'arrivals', `return ${until}`)
  let drift = 0, arrivals = 0, worst = ''
  for (let steps = 0; steps < limit && !done(scroller, arrivals); steps += 1) {
    const part = step < 0 ? 0.2 : 0.8
    const rows = [...scroller.querySelectorAll('[data-key]')]
    const line = box.top + part * box.height
    const row = rows.find((one) => {
      const at = one.getBoundingClientRect()
      return at.top <= line && at.bottom >= line - 60
    })
    if (!row) { await frame(); continue }
    const key = row.dataset.key
    const top = () => scroller.querySelector(`[data-key="${key}"]`)?.getBoundingClientRect().top ?? NaN
    const was = top(), from = scroller.scrollTop
    scroller.scrollTop += Math.round(step * box.height)
    const moved = scroller.scrollTop - from
    let count = size()
    // eight quiet frames: what was asked for by this step has come, or will come in a later one
    for (let quiet = 0; quiet < 8; quiet += 1) {
      await frame()
      const off = Math.abs(top() - (was - moved))
      if (!(off <= drift)) { drift = off; worst = `step ${steps}, ${key}, rows ${count} to ${size()}` }
      if (size() !== count) { arrivals += 1; count = size(); quiet = 0 }
    }
  }
  return { drift, arrivals, worst, ended: done(scroller, arrivals) }
}"""

STILL = """async () => {
  const scroller = document.querySelector('#messages')
  const place = () => `${scroller.scrollTop} of ${scroller.scrollHeight}`
  for (let frames = 0, was = ''; frames < 30; frames = place() === was ? frames + 1 : 0) {
    was = place()
    await new Promise((done) => requestAnimationFrame(done))
  }
}"""


async def still(page: Page) -> None:
    """Until the list has found its place: opening and jumping measure rows for some frames."""
    await page.evaluate(STILL)


async def scroll(page: Page, step: float, limit: int, until: str) -> dict[str, Any]:
    """``until`` is a JavaScript expression of ``scroller`` and ``arrivals``."""
    seen: dict[str, Any] = await page.evaluate(SCROLL, [step, limit, until])
    assert seen["ended"], seen
    return seen
