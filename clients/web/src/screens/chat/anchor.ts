/** What of a list stays in place when rows come and go. Pure. */

type Keyed = { key: string }

/**
 * Whether places count from the end of the list: rows came in (or went) above the row `anchor` that is looked at, and
 * none below it. Without the anchor: whether the list grew at its start.
 */
export function keepsFromEnd(before: readonly Keyed[], after: readonly Keyed[], anchor: string): boolean {
  const was = before.findIndex((row) => row.key === anchor)
  const is = after.findIndex((row) => row.key === anchor)
  if (was < 0 || is < 0) return before.length > 0 && after.length > before.length && before.at(-1)?.key === after.at(-1)?.key
  return was !== is && before.length - was === after.length - is
}
