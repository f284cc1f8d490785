/** How fast an upload goes and how long it still takes. Pure. */

/** Unix ms, and the bytes that were gone by then. */
export type Sample = { at: number; sent: number }

/** Experience 4.4: an average of the last ten seconds, told from the fifth on. */
const WINDOW_MS = 10_000
const TOLD_FROM_MS = 5_000

export function withSample(samples: readonly Sample[], now: Sample): Sample[] {
  return [...samples.filter((one) => now.at - one.at <= WINDOW_MS), now]
}

/** Bytes a second and seconds to go; null while there is too little to tell by, or nothing moves. */
export function paceOf(samples: readonly Sample[], size: number): { speed: number; left: number } | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last || last.at - first.at < TOLD_FROM_MS || last.sent <= first.sent) return null
  const speed = ((last.sent - first.sent) * 1000) / (last.at - first.at)
  return { speed, left: (size - last.sent) / speed }
}

/** One number that is short to read, rounded up: 14 minutes, not 13 and 20 seconds. */
export function roundLeft(seconds: number): { n: number; unit: 'seconds' | 'minutes' | 'hours' } {
  if (seconds < 60) return { n: Math.max(1, Math.ceil(seconds)), unit: 'seconds' }
  if (seconds < 3600) return { n: Math.ceil(seconds / 60), unit: 'minutes' }
  return { n: Math.ceil(seconds / 3600), unit: 'hours' }
}
