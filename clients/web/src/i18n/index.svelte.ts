/** The language of the page, changed at run time. Texts come from two catalogues, loaded when they are first needed. */
import { chooseLang, words, type Entry, type Lang, type Params } from './catalogue'
import type { Key } from './ru'

export type { Key } from './ru'
export type { Lang } from './catalogue'

type Catalogue = Record<Key, Entry>

const STORED = 'rt.lang'
const load: Record<Lang, () => Promise<Catalogue>> = {
  ru: async () => (await import('./ru')).ru,
  en: async () => (await import('./en')).en,
}

class Language {
  lang = $state<Lang>('ru')
  catalogue = $state.raw<Catalogue>({} as Catalogue)
  rules = new Intl.PluralRules('ru')
}

const now = new Language()

/** Load the chosen language; awaited once before the first paint. */
export async function startLanguage(): Promise<void> {
  await use(chooseLang(localStorage.getItem(STORED), navigator.languages))
}

/** Switch, and keep the choice on this device. */
export async function setLang(lang: Lang): Promise<void> {
  localStorage.setItem(STORED, lang)
  await use(lang)
}

async function use(lang: Lang): Promise<void> {
  const catalogue = await load[lang]()
  now.rules = new Intl.PluralRules(lang)
  now.catalogue = catalogue
  now.lang = lang
  document.documentElement.lang = lang
}

export function lang(): Lang {
  return now.lang
}

/** The words of a key in the page's language. Reading it inside a component follows a switch. */
export function t(key: Key, params: Params = {}): string {
  return words(now.catalogue[key] ?? key, params, now.rules)
}
