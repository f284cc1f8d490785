/** How long somebody waits in slow mode. Pure. */

type Said = { own: boolean; ts: number }

/** Whole seconds until the next message may go; 0 when it may now. `messages` are oldest first; times are unix ms. */
export function slowLeft(messages: readonly Said[], slowS: number, now: number): number {
  if (slowS === 0) return 0
  const last = messages.filter((one) => one.own).at(-1)
  return last ? Math.max(0, Math.min(slowS, Math.ceil((last.ts + slowS * 1000 - now) / 1000))) : 0
}
