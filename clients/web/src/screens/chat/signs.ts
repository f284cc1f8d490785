/** The length of a message as the server counts it. Pure. */

/** Unicode code points, `TEXT_MAX` of rtserver/wire/types.py. */
export const SIGNS_MAX = 4000
/** The counter appears from here (design S23). */
export const SIGNS_WARN = 3800

export function countSigns(text: string): number {
  let count = 0
  for (const _ of text.trim()) count += 1
  return count
}
