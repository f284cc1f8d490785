/** A QR code as the path of an SVG picture (ISO/IEC 18004). Knows no element. */
import { encode } from 'uqr'

/** Light modules around the code: ISO/IEC 18004 §6.3.8 asks for four. */
export const QUIET = 4

/** `size` modules a side with the quiet zone; `path` draws the dark ones, one stroke for each run of a row. */
export function qrPath(text: string): { size: number; path: string } {
  const { data } = encode(text, { ecc: 'M', border: QUIET })
  let path = ''
  data.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const start = x
      while (row[x + 1]) x++
      path += `M${start} ${y}h${x - start + 1}v1H${start}z`
    }
  })
  return { size: data.length, path }
}
