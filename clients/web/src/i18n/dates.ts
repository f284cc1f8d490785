/** Times and days in words. Pure: `now` and the language come in; all numbers are unix milliseconds. */
import type { Lang } from './catalogue'

const DAY_MS = 86_400_000
/** Every zone's midnight falls between two quarters of an hour. */
const QUARTER_MS = 900_000
const DAYS_KEPT = 20_000
/** Days by quarter of an hour: long lists ask for the day of every message again and again. */
const days = new Map<number, number>()
const LOCALE: Record<Lang, string> = { ru: 'ru-RU', en: 'en-GB' }

const made = new Map<string, Intl.DateTimeFormat>()

/** Formatters are dear (about 50 µs each): one is made for each language and shape. */
function format(lang: Lang, shape: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang + JSON.stringify(shape)
  let formatter = made.get(key)
  if (!formatter) made.set(key, (formatter = new Intl.DateTimeFormat(LOCALE[lang], shape)))
  return formatter
}

/** 09:05 */
export function clock(ts: number, lang: Lang): string {
  return format(lang, { hour: '2-digit', minute: '2-digit' }).format(ts)
}

/** The number of the local day, for grouping and comparing. */
export function dayOf(ts: number): number {
  const quarter = Math.floor(ts / QUARTER_MS)
  let known = days.get(quarter)
  if (known === undefined) {
    const day = new Date(ts)
    known = Math.round(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / DAY_MS)
    if (days.size >= DAYS_KEPT) days.clear()
    days.set(quarter, known)
  }
  return known
}

/** «Сегодня», «Вчера», «12 сентября», «12 сентября 2025»; the first two come from the catalogue. */
export function dayWords(ts: number, now: number, lang: Lang, today: string, yesterday: string): string {
  const ago = dayOf(now) - dayOf(ts)
  if (ago === 0) return today
  if (ago === 1) return yesterday
  const sameYear = new Date(ts).getFullYear() === new Date(now).getFullYear()
  const words = format(lang, sameYear ? { day: 'numeric', month: 'long' } : { day: 'numeric', month: 'long', year: 'numeric' })
  return words.format(ts).replace(/\s*г\.$/, '')
}

/** For a row of the chat list: time today, weekday this week, else a short date. */
export function shortWhen(ts: number, now: number, lang: Lang): string {
  const ago = dayOf(now) - dayOf(ts)
  if (ago <= 0) return clock(ts, lang)
  if (ago < 7) return capital(format(lang, { weekday: 'short' }).format(ts))
  return format(lang, { day: '2-digit', month: '2-digit', year: '2-digit' }).format(ts)
}

/** The whole moment, for tooltips and screen readers: «12 сентября, 09:05». */
export function longWhen(ts: number, lang: Lang): string {
  return format(lang, { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' }).format(ts)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
