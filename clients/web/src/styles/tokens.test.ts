import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** E-12, design §5.1: every pair that carries text has 4.5, every control and icon 3, in both themes. */

const file = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

function block(selector: string): Record<string, string> {
  const from = file.indexOf(`${selector} {`)
  const body = file.slice(from, file.indexOf('\n}', from))
  return Object.fromEntries([...body.matchAll(/--c-([\w-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]))
}

const light = block(':root')
const dark = { ...light, ...block(":root[data-theme='dark']") }

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const HUES = [0, 1, 2, 3, 4, 5, 6, 7]
const TEXT: [string, string[]][] = [
  ['text', ['surface', 'canvas', 'raised', 'sunken', 'bubble-own', 'bubble-other', 'primary-soft']],
  ['text-2', ['surface', 'canvas', 'raised', 'sunken', 'bubble-own', 'bubble-other']],
  ['link', ['surface', 'bubble-own', 'bubble-other']],
  ['on-primary', ['primary', 'primary-hover']],
  ['on-primary-soft', ['primary-soft', 'canvas', 'surface']],
  ['on-success', ['success']],
  ['on-success-soft', ['success-soft']],
  ['on-danger', ['danger']],
  ['on-danger-soft', ['danger-soft']],
  ['danger', ['surface', 'canvas', 'raised']],
  ['warn', ['surface']],
  ['on-warn-soft', ['warn-soft']],
  ['on-badge-muted', ['badge-muted']],
  ...HUES.map((hue): [string, string[]] => [`name-${hue}`, ['bubble-other', 'bubble-own']]),
]
const CONTROL: [string, string[]][] = [
  ['edge', ['surface', 'canvas']],
  ['primary', ['surface', 'canvas', 'raised', 'bubble-own']],
  ['success', ['surface']],
  ['danger', ['bubble-own', 'bubble-other']],
]

describe.each([
  ['light', light],
  ['dark', dark],
])('contrast in %s', (_, colours) => {
  const ratio = (a: string, b: string) => contrast(colours[a] ?? '', colours[b] ?? '')

  it.each(TEXT.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground])))('text %s on %s', (text, ground) => {
    expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(CONTROL.flatMap(([part, grounds]) => grounds.map((ground) => [part, ground])))('control %s on %s', (part, ground) => {
    expect(ratio(part, ground)).toBeGreaterThanOrEqual(3)
  })

  it.each(HUES)('initials on hue %i', (hue) => {
    expect(contrast('#ffffff', colours[`hue-${hue}`] ?? '')).toBeGreaterThanOrEqual(4.5)
  })
})

describe('the formula', () => {
  it('agrees with WCAG on its ends', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  })
})
