import { describe, expect, it } from 'vitest'
import { paceOf, roundLeft, withSample, type Sample } from './pace'

const MB = 1_000_000
const steady = (seconds: number): Sample[] =>
  Array.from({ length: seconds + 1 }, (_, s) => ({ at: s * 1000, sent: s * MB })).reduce<Sample[]>((all, one) => withSample(all, one), [])

/** Experience 4.4. */
describe('the pace of an upload', () => {
  it('is not guessed in the first seconds', () => expect(paceOf(steady(4), 100 * MB)).toBeNull())
  it('is told from the fifth on', () => expect(paceOf(steady(5), 100 * MB)).toEqual({ speed: MB, left: 95 }))
  it('forgets what is older than ten seconds', () => expect(steady(60)).toHaveLength(11))
  it('is not told while nothing moves', () => {
    const stuck = [0, 3000, 6000].map((at) => ({ at, sent: MB }))
    expect(paceOf(stuck, 100 * MB)).toBeNull()
  })
})

describe('the time that is left', () => {
  it.each([
    [0.2, 1, 'seconds'],
    [59, 59, 'seconds'],
    [61, 2, 'minutes'],
    [3601, 2, 'hours'],
  ])('%d seconds', (seconds, n, unit) => expect(roundLeft(seconds)).toEqual({ n, unit }))
})
