/** The fields of a person as they are typed (S09, S16, S17), and what is wrong with them. Pure. */
import { dateParts, isoDate } from './birthdate'
import type { EnterKey } from './texts'

export interface Typed {
  first: string
  last: string
  patronymic: string
  gender: '' | 'male' | 'female'
  day: string
  month: string
  year: string
}
export type Wrong = Partial<Record<'first' | 'last' | 'birth', EnterKey>>

export function emptyPerson(): Typed {
  return { first: '', last: '', patronymic: '', gender: '', day: '', month: '', year: '' }
}

export function personOf(data: { first_name: string; last_name: string; patronymic: string; gender: Typed['gender']; birth_date: string }): Typed {
  const [day, month, year] = dateParts(data.birth_date)
  return { first: data.first_name, last: data.last_name, patronymic: data.patronymic, gender: data.gender, day, month, year }
}

/** What must be corrected; `today` is ISO. */
export function wrongIn(typed: Typed, today: string): Wrong {
  const wrong: Wrong = {}
  if (!typed.first.trim()) wrong.first = 's09.first_needed'
  if (!typed.last.trim()) wrong.last = 's09.last_needed'
  const birth = isoDate(typed.day, typed.month, typed.year)
  if (!birth) wrong.birth = 's09.birth_needed'
  else if (birth > today) wrong.birth = 's09.birth_future'
  return wrong
}

/** As the server takes it. */
export function personInput(typed: Typed) {
  return {
    first_name: typed.first.trim(),
    last_name: typed.last.trim(),
    patronymic: typed.patronymic.trim(),
    gender: typed.gender,
    birth_date: isoDate(typed.day, typed.month, typed.year),
  }
}

export function today(): string {
  const now = new Date()
  return [now.getFullYear(), String(now.getMonth() + 1).padStart(2, '0'), String(now.getDate()).padStart(2, '0')].join('-')
}
