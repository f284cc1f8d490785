/** How this device shows things: theme, size of text, motion, how Enter sends. Kept in localStorage: no account data here. */

export type Theme = 'system' | 'light' | 'dark'
export type SendBy = 'enter' | 'ctrl'
export const SCALES = [90, 100, 110, 120, 130] as const

type Stored = { theme: Theme; scale: number; lessMotion: boolean; sendBy: SendBy; listWidth: number; sound: boolean }

const KEY = 'rt.prefs'
const DEFAULTS: Stored = { theme: 'system', scale: 100, lessMotion: false, sendBy: 'enter', listWidth: 360, sound: true }
const dark = matchMedia('(prefers-color-scheme: dark)')

class Prefs {
  now = $state.raw<Stored>(load())
  systemDark = $state(dark.matches)
}

export const prefs = new Prefs()

function load(): Stored {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Stored>) }
  } catch {
    return DEFAULTS
  }
}

/** The theme on the page, with the system's wish resolved. */
export function shownTheme(): 'light' | 'dark' {
  const { theme } = prefs.now
  return theme === 'system' ? (prefs.systemDark ? 'dark' : 'light') : theme
}

export function setPrefs(change: Partial<Stored>): void {
  prefs.now = { ...prefs.now, ...change }
  localStorage.setItem(KEY, JSON.stringify(prefs.now))
  applyPrefs()
}

/** Write them on the page; called at start, at a change, and when the system's theme changes. */
export function applyPrefs(): void {
  const { scale, lessMotion } = prefs.now
  const root = document.documentElement
  const resolved = shownTheme()
  root.dataset.theme = resolved
  root.style.setProperty('--text-scale', String(scale / 100))
  if (lessMotion) root.dataset.motion = 'less'
  else delete root.dataset.motion
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', resolved === 'dark' ? '#1a1d27' : '#ffffff')
}

dark.addEventListener('change', () => {
  prefs.systemDark = dark.matches
  applyPrefs()
})
addEventListener('storage', (event) => {
  if (event.key !== KEY) return
  prefs.now = load()
  applyPrefs()
})
