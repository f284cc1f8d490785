/** Catalogues of single screens: both languages load with the screen, and with nothing else. */
import { words, type Entry, type Params } from './catalogue'
import { lang } from './index.svelte'

/** The words of a screen by key, in the page's language. Reading it inside a component follows a switch. */
export function speaker<Key extends string>(ru: Record<Key, Entry>, en: Record<Key, Entry>): (key: Key, params?: Params) => string {
  return (key, params = {}) => words((lang() === 'ru' ? ru : en)[key], params, new Intl.PluralRules(lang()))
}
