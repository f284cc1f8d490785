/** A date typed in three fields, and back. Pure: no clock, no language. */

/** ISO text of a day that exists, else ''. */
export function isoDate(day: string, month: string, year: string): string {
  if (!/^\d{1,2}$/.test(day) || !/^\d{1,2}$/.test(month) || !/^\d{4}$/.test(year)) return ''
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  const real = date.getUTCFullYear() === Number(year) && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  return real ? date.toISOString().slice(0, 10) : ''
}

/** Day, month (1-12) and year as they stand in the fields; three empty texts for no date. */
export function dateParts(iso: string): [string, string, string] {
  const [year = '', month = '', day = ''] = iso.split('-')
  return day ? [String(Number(day)), String(Number(month)), year] : ['', '', '']
}

/** Whole years between a birth date and `today`, both ISO. */
export function yearsOld(birth: string, today: string): number {
  const before = today.slice(5) < birth.slice(5) ? 1 : 0
  return Number(today.slice(0, 4)) - Number(birth.slice(0, 4)) - before
}
