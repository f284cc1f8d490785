import { describe, expect, it } from 'vitest'
import type { Entry } from '../i18n/catalogue'
import { settingsEn } from './settings/texts.en'
import { settingsRu } from './settings/texts.ru'
import { readFileSync, readdirSync } from 'node:fs'
import { appsEn, appsRu } from './apps/texts'
import { filesEn } from './chat/files/texts.en'
import { filesRu } from './chat/files/texts.ru'
import { homeEn } from './home/texts.en'
import { homeRu } from './home/texts.ru'
import { liveEn } from './live/texts.en'
import { liveRu } from './live/texts.ru'
import { profileEn } from './profile/texts.en'
import { profileRu } from './profile/texts.ru'
import { searchEn } from './search/texts.en'
import { searchRu } from './search/texts.ru'

/** Catalogues of single screens, by the folder whose sources name their keys. */
const CATALOGUES: { folder: string; ru: Record<string, Entry>; en: Record<string, Entry> }[] = [
  { folder: 'apps', ru: appsRu, en: appsEn },
  { folder: 'chat', ru: filesRu, en: filesEn },
  { folder: 'home', ru: homeRu, en: homeEn },
  { folder: 'live', ru: liveRu, en: liveEn },
  { folder: 'profile', ru: profileRu, en: profileEn },
  { folder: 'search', ru: searchRu, en: searchEn },
  { folder: 'settings', ru: settingsRu, en: settingsEn },
]

function sources(folder: string): string {
  const root = new URL(`./${folder}/`, import.meta.url)
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|ts)$/.test(name) && !/texts\.|\.test\./.test(name))
  return names.map((name) => readFileSync(new URL(name, root), 'utf8')).join('\n')
}

/** E-12, E-13: both languages are complete, and nothing is kept that no screen says. */
describe.each(CATALOGUES)('the words of $folder', ({ folder, ru, en }) => {
  const keys = Object.keys(ru)

  it('name the same fields in both languages', () => {
    const fields = (entry: unknown) => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort().join()
    expect(keys.filter((key) => fields(ru[key]) !== fields(en[key]))).toEqual([])
  })

  it('are all said by a screen', () => {
    const text = sources(folder)
    // a value of the wire chooses among these
    const chosen = new Set(['app_store', 'google_play', 'app_gallery', 'rustore', 'windows', 'linux', 'male', 'female', 'phone', 'email', 'parents', 'children', 'video', 'voice', 'audio', 'picture', 'bytes', 'kilobytes', 'megabytes', 'seconds', 'minutes', 'hours'])
    expect(keys.filter((key) => !text.includes(`'${key}'`) && !chosen.has(key))).toEqual([])
  })
})
