/**
 * A chat's messages as the rows of its list: days, the unread divider, messages grouped by author. Pure.
 *
 * A group is one author, at most five minutes between messages, the same day, no divider and no gap between (design
 * §4.2). After a gap the day is told again.
 */
import { dayOf } from '../../i18n/dates'

const GROUP_GAP_MS = 5 * 60_000

export type Said = { key: string; seq: number; author: string; ts: number }

export type Row<M extends Said> =
  | { kind: 'day'; key: string; ts: number }
  | { kind: 'divider'; key: string }
  | { kind: 'gap'; key: string; seq: number }
  | { kind: 'message'; key: string; message: M; first: boolean; last: boolean }

/** `unreadFrom` is the seq of the first message below the divider, 0 draws none; `gaps` are those below a gap. */
export function rowsOf<M extends Said>(messages: readonly M[], unreadFrom: number, gaps: readonly number[] = []): Row<M>[] {
  const rows: Row<M>[] = []
  const belowGap = new Set(gaps)
  let before: M | undefined
  let divided = unreadFrom === 0
  for (const message of messages) {
    const gap = belowGap.has(message.seq)
    if (gap) rows.push({ kind: 'gap', key: `gap-${message.key}`, seq: message.seq })
    const newDay = gap || !before || dayOf(before.ts) !== dayOf(message.ts)
    if (newDay) rows.push({ kind: 'day', key: `day-${message.key}`, ts: message.ts })
    const divide = !divided && message.seq >= unreadFrom
    if (divide) {
      rows.push({ kind: 'divider', key: 'divider' })
      divided = true
    }
    const joins = !newDay && !divide && before !== undefined && together(before, message)
    const previous = rows.at(-1)
    if (joins && previous?.kind === 'message') previous.last = false
    rows.push({ kind: 'message', key: message.key, message, first: !joins, last: true })
    before = message
  }
  return rows
}

function together(a: Said, b: Said): boolean {
  return a.author === b.author && b.ts - a.ts <= GROUP_GAP_MS
}

/** Of every row the day it belongs to, for the pill that sticks to the top while scrolling. */
export function dayAt<M extends Said>(rows: readonly Row<M>[], index: number): number | undefined {
  for (let at = Math.min(index, rows.length - 1); at >= 0; at--) {
    const row = rows[at]
    if (row?.kind === 'day') return row.ts
    if (row?.kind === 'message') return row.message.ts
  }
  return undefined
}
