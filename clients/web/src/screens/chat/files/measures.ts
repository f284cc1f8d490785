/** Sizes, lengths and boxes of attachments. Pure. */

const KB = 1024
const UNITS = ['bytes', 'kilobytes', 'megabytes', 'gigabytes'] as const
export type SizeUnit = (typeof UNITS)[number]

/** The unit that keeps the number below 1024; one decimal from a megabyte on, below ten of them. */
export function sizeOf(bytes: number): { n: number; unit: SizeUnit } {
  let step = 0
  let n = bytes
  while (n >= KB && step < UNITS.length - 1) {
    n /= KB
    step += 1
  }
  const tenths = step >= 2 && n < 10
  return { n: tenths ? Math.round(n * 10) / 10 : Math.round(n), unit: UNITS[step] ?? 'gigabytes' }
}

/** `1:05`, `1:02:05`. */
export function lengthOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** CSS pixels. A strip thinner than this could not be pressed, so it is cut instead. */
const SIDE_MAX = 320
const SIDE_MIN = 96

/** The place of a picture before a byte of it is here: inside 320 × 320, its own shape unless that is extreme. */
export function boxFor(width: number | null, height: number | null): { width: number; height: number } {
  if (!width || !height) return { width: SIDE_MAX, height: (SIDE_MAX * 3) / 4 }
  const scale = Math.min(1, SIDE_MAX / width, SIDE_MAX / height)
  const within = (side: number) => Math.max(SIDE_MIN, Math.round(side * scale))
  return { width: within(width), height: within(height) }
}

/** `count` bars out of a waveform of any length, each the loudest of its share, 0 to 1. */
export function barsOf(waveform: readonly number[], count: number): number[] {
  if (waveform.length === 0) return Array.from({ length: count }, () => 0)
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * waveform.length) / count)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * waveform.length) / count))
    return Math.max(...waveform.slice(from, to)) / 255
  })
}
