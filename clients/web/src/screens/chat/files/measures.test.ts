import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barsOf, boxFor, lengthOf, sizeOf } from './measures'

describe('sizes of files', () => {
  it.each([
    [0, 0, 'bytes'],
    [1023, 1023, 'bytes'],
    [1024, 1, 'kilobytes'],
    [1_572_864, 1.5, 'megabytes'],
    [50 * 1024 * 1024, 50, 'megabytes'],
    [4_294_967_296, 4, 'gigabytes'],
  ])('%d bytes', (bytes, n, unit) => expect(sizeOf(bytes)).toEqual({ n, unit }))
})

describe('lengths of sounds', () => {
  it.each([
    [0, '0:00'],
    [65.9, '1:05'],
    [3725, '1:02:05'],
  ])('%d seconds', (seconds, words) => expect(lengthOf(seconds)).toBe(words))
})

/** Experience 4.2: the place of a picture is known before it loads. */
describe('the box of a picture', () => {
  it('keeps its shape', () => {
    expect(boxFor(1600, 800)).toEqual({ width: 320, height: 160 })
    expect(boxFor(200, 100)).toEqual({ width: 200, height: 100 })
  })
  it('can be pressed and never leaves its bounds, whatever the picture', () => {
    const side = fc.option(fc.integer({ min: 1, max: 100_000 }))
    fc.assert(
      fc.property(side, side, (width, height) => {
        const box = boxFor(width, height)
        expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(96)
        expect(Math.max(box.width, box.height)).toBeLessThanOrEqual(320)
      }),
    )
  })
})

describe('bars of a sound', () => {
  it('are the loudest of their share', () => expect(barsOf([0, 255, 51, 0], 2)).toEqual([1, 0.2]))
  it('are as many as asked for, of any waveform', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 }), fc.integer({ min: 1, max: 60 }), (wave, count) => {
        expect(barsOf(wave, count).every((bar) => bar >= 0 && bar <= 1)).toBe(true)
        expect(barsOf(wave, count)).toHaveLength(count)
      }),
    )
  })
})
