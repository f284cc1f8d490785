/** When to try again (design §4.1). Pure: the chance is given. */

const STEPS_S = [1, 2, 4, 8, 16, 30]
const SPREAD = 0.2

/** Milliseconds before try number `tries` + 1; `chance` in 0…1 spreads it by ± 20 %. */
export function delayAfter(tries: number, chance: number): number {
  const step = STEPS_S[Math.min(Math.max(tries, 1), STEPS_S.length) - 1] ?? 30
  return Math.round(step * 1000 * (1 - SPREAD + 2 * SPREAD * chance))
}

/** An unsent message older than this is not sent silently: somebody asks first. */
export const STALE_MS = 24 * 3600 * 1000
