import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chooseLang, words } from './catalogue'
import { clock, dayWords, shortWhen } from './dates'
import { en } from './en'
import { ru } from './ru'

const SOURCE = new URL('..', import.meta.url)

function sources(): string {
  const names = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.(svelte|ts)$/.test(name) && !/i18n\/(ru|en)\.ts$|\.test\.ts$/.test(name))
    .map((name) => readFileSync(new URL(name, SOURCE), 'utf8'))
    .join('\n')
}

/** E-12, E-13: both languages are complete, and nothing is kept that no screen says. */
describe('the catalogues', () => {
  const keys = Object.keys(ru)
  const text = sources()

  it('have the same keys', () => {
    expect(Object.keys(en).sort()).toEqual([...keys].sort())
  })

  it('hold no key that the sources do not name', () => {
    const unused = keys.filter((key) => !text.includes(`'${key}'`) && !dynamic(key))
    expect(unused).toEqual([])
  })

  it('are asked for no key that they do not hold', () => {
    const asked = [...text.matchAll(/\bt\(\s*'([a-z0-9_.]+)'/g)].map((match) => match[1] ?? '')
    expect(asked.filter((key) => !(key in ru))).toEqual([])
  })

  it('name the same fields in both languages', () => {
    const fields = (entry: unknown) => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort()
    const differing = keys.filter((key) => `${fields(ru[key as keyof typeof ru])}` !== `${fields(en[key as keyof typeof ru])}`)
    expect(differing).toEqual([])
  })
})

/** Keys made of a prefix and a value of the wire. */
function dynamic(key: string): boolean {
  return /^(role|s28\.role_|s18\.greeting_)/.test(key)
}

describe('words', () => {
  it('choose the Russian plural and fill the fields', () => {
    const rules = new Intl.PluralRules('ru')
    const said = [1, 2, 5, 21].map((n) => words(ru['s23.members'], { n }, rules))
    expect(said).toEqual(['1 участник', '2 участника', '5 участников', '21 участник'])
  })

  it('leave a field that nobody gave visible', () => {
    expect(words('{name}!', {}, new Intl.PluralRules('en'))).toBe('{name}!')
  })
})

describe('chooseLang', () => {
  it.each([
    ['en', ['ru'], 'en'],
    [null, ['en-US', 'ru'], 'en'],
    [null, ['de', 'ru-RU'], 'ru'],
    ['xx', [], 'ru'],
  ])('%s and %j give %s', (stored, browser, lang) => {
    expect(chooseLang(stored, browser)).toBe(lang)
  })
})

describe('dates', () => {
  const now = new Date(2026, 8, 14, 12, 0).getTime()
  const at = (day: number, year = 2026) => new Date(year, 8, day, 9, 5).getTime()

  it('name days', () => {
    const day = (ts: number, lang: 'ru' | 'en' = 'ru') => dayWords(ts, now, lang, 'Сегодня', 'Вчера')
    expect(day(at(14))).toBe('Сегодня')
    expect(day(at(13))).toBe('Вчера')
    expect(day(at(12))).toBe('12 сентября')
    expect(day(at(12, 2025))).toBe('12 сентября 2025')
    expect(day(at(12), 'en')).toBe('12 September')
  })

  it('shorten for a list', () => {
    expect(shortWhen(at(14), now, 'ru')).toBe('09:05')
    expect(shortWhen(at(12), now, 'ru')).toBe('Сб')
    expect(shortWhen(at(1), now, 'ru')).toBe('01.09.26')
    expect(clock(at(1), 'en')).toBe('09:05')
  })
})
