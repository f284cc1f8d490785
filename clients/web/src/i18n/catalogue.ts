/** The shape of a catalogue, and how an entry becomes words. Pure: it holds no language and touches no page. */

export type Lang = 'ru' | 'en'
export const LANGS: readonly Lang[] = ['ru', 'en']

/** Forms by `Intl.PluralRules`; `{n}` chooses. Russian has one, few, many; English one, other. */
export type Plural = { one: string; few?: string; many?: string; other: string }
export type Entry = string | Plural
export type Params = Record<string, string | number>

/** The words of one entry: the plural form by `params.n`, then `{name}` filled in. An absent name stays visible. */
export function words(entry: Entry, params: Params, rules: Intl.PluralRules): string {
  const text = typeof entry === 'string' ? entry : plural(entry, Number(params.n), rules)
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

function plural(entry: Plural, n: number, rules: Intl.PluralRules): string {
  return entry[rules.select(n) as keyof Plural] ?? entry.other
}

/** The language for a newcomer: the first of the browser's that we speak, else Russian. */
export function chooseLang(stored: string | null, browser: readonly string[]): Lang {
  if (stored === 'ru' || stored === 'en') return stored
  for (const wish of browser) {
    const short = wish.slice(0, 2).toLowerCase()
    if (short === 'ru' || short === 'en') return short
  }
  return 'ru'
}
