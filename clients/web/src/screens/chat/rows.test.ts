import { describe, expect, it } from 'vitest'
import { keepsFromEnd } from './anchor'
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

describe('gaps', () => {
  it('stand above the message below them, break the group, and tell the day again', () => {
    const rows = rowsOf([said(1, 'a', 0), said(2, 'a', 1), said(30, 'a', 2)], 0, [30])
    expect(rows.map((row) => row.kind)).toEqual(['day', 'message', 'message', 'gap', 'day', 'message'])
    expect(rows[5]).toMatchObject({ first: true })
  })
})

/** Design §4.2: what is looked at does not move. */
describe('keepsFromEnd', () => {
  const list = (keys: string) => [...keys].map((key) => ({ key }))
  it.each([
    ['cdef', 'abcdef', 'd', true, 'older ones came in above'],
    ['cd_gh', 'cdefgh', 'h', true, 'a gap above filled'],
    ['cd_gh', 'cdef_gh', 'c', false, 'a gap below filled'],
    ['cdef', 'cdefg', 'd', false, 'a new one came below'],
    ['cdef', 'def', 'e', true, 'one above was taken away'],
    ['cdef', 'abcdef', '', true, 'nothing was looked at, and the start grew'],
    ['', 'abc', '', false, 'the first rows'],
  ])('%s to %s at %s: %s (%s)', (before, after, anchor, expected) => {
    expect(keepsFromEnd(list(before), list(after), anchor)).toBe(expected)
  })
})
