import jsQR from 'jsqr'
import { describe, expect, it } from 'vitest'
import { QUIET, qrPath } from './qr'

/** The picture as a camera gets it: four pixels to a module. */
function pixels({ size, path }: { size: number; path: string }, scale = 4) {
  const side = size * scale
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      const from = (row * side + Number(x) * scale) * 4
      for (let at = from; at < from + Number(run) * scale * 4; at += 4) data.fill(0, at, at + 3)
    }
  }
  return { data, side }
}

describe('a QR code', () => {
  /** R-41, S29: another maker's reader gets the link back out of the picture. */
  it.each(['https://school.example/i/AbC_-123', `https://школа.рф/qr/${'x'.repeat(150)}`])('of %s is read', (text) => {
    const { data, side } = pixels(qrPath(text))
    expect(jsQR(data, side, side)?.data).toBe(text)
  })

  /** ISO/IEC 18004: version 1 has 21 modules. */
  it('has its quiet zone', () => {
    const { size, path } = qrPath('1')
    expect(size).toBe(21 + 2 * QUIET)
    expect(path.startsWith(`M${QUIET} ${QUIET}h7v1`)).toBe(true)
  })
})
