/** Ask again and again while a screen waits for somebody else: these screens hold no socket. Returns the way to stop. */

/** Soon enough to feel live, rare enough for a whole school that waits at once. */
const EVERY_MS = 4_000

/** `look` runs at once, then every few seconds and whenever the page is looked at again. One at a time. */
export function watch(look: () => Promise<void>): () => void {
  let running = false
  const run = async () => {
    if (running || document.visibilityState === 'hidden') return
    running = true
    await look()
    running = false
  }
  const again = () => void run()
  const timer = setInterval(again, EVERY_MS)
  document.addEventListener('visibilitychange', again)
  again()
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', again)
  }
}
