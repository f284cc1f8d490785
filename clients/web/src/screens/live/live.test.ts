import { expect, it } from 'vitest'
import { slowLeft } from './slow'

/** E-8: the wait counts from the last own message, in whole seconds, and never longer than the rule. */
it.each([
  ['no rule', 0, 1_000, 0],
  ['just sent', 30, 1_000, 30],
  ['half a second later', 30, 1_500, 30],
  ['near the end', 30, 30_900, 1],
  ['over', 30, 31_000, 0],
  ['a clock that goes behind', 30, -60_000, 30],
])('slow mode: %s', (_, slowS, now, left) => {
  const messages = [
    { own: true, ts: 0 },
    { own: true, ts: 1_000 },
    { own: false, ts: 9_000 },
  ]
  expect(slowLeft(messages, slowS, now)).toBe(left)
})

it('nobody waits who has said nothing', () => {
  expect(slowLeft([{ own: false, ts: 5 }], 60, 10)).toBe(0)
})
