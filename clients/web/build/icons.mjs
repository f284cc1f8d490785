/**
 * The pictures of the installed application, drawn from `public/icon.svg`: PNG, since not every home screen takes SVG.
 * A maskable one is cut to any shape by the system, so its ground fills the square and its sign keeps to the middle.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { initWasm, Resvg } from '@resvg/resvg-wasm'

const SIDE = 64
/** The sign's corners reach 0.35 of the side from the middle; W3C's safe zone is 0.4. */
const MASKABLE_SCALE = 0.8

export async function drawIcons(svgPath, into) {
  const home = dirname(createRequire(import.meta.url).resolve('@resvg/resvg-wasm'))
  await initWasm(readFileSync(join(home, 'index_bg.wasm')))
  const svg = readFileSync(svgPath, 'utf-8')
  const [, ground, rest] = /^<svg[^>]*>(<rect[^>]*\/>)(.*)<\/svg>\s*$/s.exec(svg) ?? []
  if (!ground) throw new Error('icon.svg must be one <rect> for the ground, then the sign')
  const middle = (SIDE * (1 - MASKABLE_SCALE)) / 2
  const whole = ground.replace(/ rx="[^"]*"/, '')
  const maskable = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}">${whole}<g transform="translate(${middle} ${middle}) scale(${MASKABLE_SCALE})">${rest}</g></svg>`
  const draw = (name, source, px) => {
    const picture = new Resvg(source, { fitTo: { mode: 'width', value: px } }).render()
    writeFileSync(join(into, name), picture.asPng())
  }
  draw('icon-192.png', svg, 192)
  draw('icon-512.png', svg, 512)
  draw('icon-maskable-192.png', maskable, 192)
  draw('icon-maskable-512.png', maskable, 512)
  // iOS cuts the corners itself
  draw('icon-180.png', maskable, 180)
}
