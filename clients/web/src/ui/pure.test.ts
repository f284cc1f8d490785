import { describe, expect, it } from 'vitest'
import { hueOf, initialsOf } from './hue'
import { placeBeside, placeOver } from './place'
import { isBigEmoji, oneLine, pieces } from './richtext'

describe('initials and hues', () => {
  it.each([
    ['Алексей Петров', false, 'АП'],
    ['7А', true, '7А'],
    ['Шахматы ♟️', true, 'Шах'],
    ['  ', false, ''],
  ])('%s', (name, square, letters) => {
    expect(initialsOf(name, square)).toBe(letters)
  })

  it('gives one id one hue below eight', () => {
    expect(hueOf('abc')).toBe(hueOf('abc'))
    expect(new Set(Array.from({ length: 200 }, (_, i) => hueOf(`p${i}`))).size).toBe(8)
  })
})

describe('placing', () => {
  const view = { width: 400, height: 600 }
  it('goes below, above when there is no room, and never outside', () => {
    const anchor = { left: 350, top: 100, width: 40, height: 20 }
    expect(placeBeside(anchor, { width: 200, height: 100 }, view)).toEqual({ left: 190, top: 126 })
    expect(placeBeside({ ...anchor, top: 560 }, { width: 200, height: 100 }, view).top).toBe(454)
    expect(placeOver({ left: 0, top: 300, width: 10, height: 10 }, { width: 100, height: 20 }, view)).toEqual({ left: 8, top: 274 })
  })
})

/** Design §4.3: code, links, line breaks; nothing else. */
describe('text', () => {
  it('finds code, fences and links, and leaves the rest alone', () => {
    expect(pieces('a `b` https://example.org/x c')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'code', text: 'b' },
      { kind: 'text', text: ' ' },
      { kind: 'link', text: 'https://example.org/x', url: 'https://example.org/x' },
      { kind: 'text', text: ' c' },
    ])
    expect(pieces('```\nx = 1\n```')).toEqual([
      { kind: 'text', text: '' },
      { kind: 'block', text: 'x = 1' },
    ].filter((piece) => piece.text))
    expect(pieces('<b>жирный</b>')).toEqual([{ kind: 'text', text: '<b>жирный</b>' }])
  })

  it('makes no link of a script, and shows the punycode of a host that mixes scripts', () => {
    expect(pieces('javascript:alert(1)').every((piece) => piece.kind === 'text')).toBe(true)
    const [link] = pieces('https://аpple.com')
    expect(link?.text).toContain('xn--')
  })

  it.each([
    ['👋', true],
    ['👍🏽 ❤️', true],
    ['👨‍👩‍👧', true],
    ['🎉🎉🎉🎉', false],
    ['5', false],
    ['Да 👍', false],
  ])('%s large: %s', (text, big) => {
    expect(isBigEmoji(text)).toBe(big)
  })

  it('folds into one line', () => {
    expect(oneLine('раз\n  `два`\n```\nтри\n```')).toBe('раз два три')
  })
})
