import { describe, expect, it } from 'vitest'
import { rowsOf, type Said } from './rows'

const DAY = new Date(2026, 8, 14, 10, 0).getTime()
const MIN = 60_000
const said = (seq: number, author: string, minutes: number): Said => ({ seq, author, ts: DAY + minutes * MIN, key: `n${seq}` })

/** Design §4.2: grouping, days and the divider. */
describe('rowsOf', () => {
  it('groups one author within five minutes', () => {
    const rows = rowsOf([said(1, 'a', 0), said(2, 'a', 5), said(3, 'a', 11), said(4, 'b', 12)], 0)
    const flags = rows.flatMap((row) => (row.kind === 'message' ? [[row.message.seq, row.first, row.last]] : []))
    expect(flags).toEqual([
      [1, true, false],
      [2, false, true],
      [3, true, true],
      [4, true, true],
    ])
  })

  it('starts a new day with its own row, and breaks the group there', () => {
    const rows = rowsOf([said(1, 'a', 0), said(2, 'a', 14 * 60 - 1), said(3, 'a', 14 * 60 + 1)], 0)
    expect(rows.map((row) => row.kind)).toEqual(['day', 'message', 'message', 'day', 'message'])
  })

  it('puts the divider once, before the first unread message, and breaks the group there', () => {
    const rows = rowsOf([said(1, 'a', 0), said(2, 'a', 1), said(3, 'a', 2)], 2)
    expect(rows.map((row) => row.key)).toEqual([expect.stringMatching(/^day-/), 'n1', 'divider', 'n2', 'n3'])
    expect(rows[3]).toMatchObject({ first: true })
  })

  it('keeps keys unique', () => {
    const rows = rowsOf(Array.from({ length: 50 }, (_, i) => said(i + 1, i % 3 ? 'a' : 'b', i * 40)), 20)
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
  })
})
