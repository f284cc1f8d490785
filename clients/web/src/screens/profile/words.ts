/** Places, dates and genders of people in words. Pure. */
import type { Lang } from '../../i18n/catalogue'
import type { Place } from '../../wire.gen'

export interface School {
  id: string
  name: string
  /** «7А · Ученик», «Математика: 7А, 7Б». */
  lines: string[]
}

/** Roles by school, a teacher's classes of one subject in one line. `role` names a role in the page's language. */
export function schoolsOf(places: readonly Place[], role: (role: Place['role']) => string): School[] {
  const schools = new Map<string, { name: string; classes: Map<string, string[]> }>()
  for (const place of places) {
    const school = schools.get(place.school) ?? { name: place.school_name, classes: new Map() }
    schools.set(place.school, school)
    const what = place.subject || role(place.role)
    const classes = school.classes.get(what) ?? []
    school.classes.set(what, place.class_name && !classes.includes(place.class_name) ? [...classes, place.class_name] : classes)
  }
  return [...schools].map(([id, { name, classes }]) => ({
    id,
    name,
    lines: [...classes].map(([what, names]) => (names.length ? `${what} · ${names.join(', ')}` : what)),
  }))
}

/** «7А, Гимназия №1», each place once. */
export function placeWords(places: readonly Place[]): string[] {
  return [...new Set(places.map((place) => [place.class_name, place.school_name].filter(Boolean).join(', ')))]
}

/** «5 мая 2014» of an ISO date. */
export function dateWords(iso: string, lang: Lang): string {
  const [year = 0, month = 1, day = 1] = iso.split('-').map(Number)
  return new Intl.DateTimeFormat(lang === 'ru' ? 'ru-RU' : 'en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
    .format(new Date(year, month - 1, day))
    .replace(/\s*г\.$/, '')
}
