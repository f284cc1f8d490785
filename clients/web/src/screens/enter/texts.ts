/**
 * The words of entering, in both languages. They load with these screens and with nothing else, and both at once:
 * together they weigh less than one more request, and a change of language must work on a poor network too.
 */
import { lang } from '../../i18n/index.svelte'
import { enterEn } from './texts.en'
import { enterRu } from './texts.ru'

export { enterEn, enterRu }
export type EnterKey = keyof typeof enterRu

/** The words of a key in the page's language. Reading it inside a component follows a switch. */
export function say(key: EnterKey, params: Record<string, string | number> = {}): string {
  const text = (lang() === 'ru' ? enterRu : enterEn)[key]
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}
