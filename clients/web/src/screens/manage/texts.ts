/** Words of the management desk, in its own chunk: nobody else loads them. */
import { words, type Entry, type Lang, type Params } from '../../i18n/catalogue'
import { lang } from '../../i18n/index.svelte'
import { deskEn } from './texts.en'
import { deskRu } from './texts.ru'

export type DeskKey = keyof typeof deskRu
const catalogues: Record<Lang, Record<DeskKey, Entry>> = { ru: deskRu, en: deskEn }

export function d(key: DeskKey, params: Params = {}): string {
  return words(catalogues[lang()][key], params, new Intl.PluralRules(lang()))
}

/** What is said for a word of the server, e.g. an action of the journal; the word itself when it is newer than we are. */
export function dWord(kind: string, word: string): string {
  const key = `${kind}.${word}`
  return key in deskRu ? d(key as DeskKey) : word
}

/** Where dates are written as in this language: English without a country would put the month first. */
export function dates(): string {
  return lang() === 'en' ? 'en-GB' : 'ru-RU'
}

/** A day in few words, with the year only when it is another one. */
export function day(at: number): string {
  const date = new Date(at)
  const other = date.getFullYear() !== new Date().getFullYear()
  return new Intl.DateTimeFormat(dates(), { day: 'numeric', month: 'long', ...(other && { year: 'numeric' }) }).format(date)
}

/** An ISO date as people write it. */
export function isoDay(iso: string): string {
  return iso ? new Intl.DateTimeFormat(dates(), { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(iso)) : ''
}
