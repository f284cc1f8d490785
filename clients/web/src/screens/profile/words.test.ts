import { describe, expect, it } from 'vitest'
import type { Place } from '../../wire.gen'
import { dateWords, placeWords, schoolsOf } from './words'

const place = (more: Partial<Place>): Place => ({ school: '1', school_name: 'Гимназия №1', class_id: '7', class_name: '7А', role: 'teacher', subject: '', ...more })

/** */
describe('places in words', () => {
  it('gather a teacher’s classes of one subject, school by school', () => {
    const places = [
      place({ subject: 'Математика' }),
      place({ subject: 'Математика', class_name: '7Б' }),
      place({ role: 'class_teacher' }),
      place({ role: 'admin', school: '2', school_name: 'Лицей', class_id: null, class_name: '' }),
    ]
    expect(schoolsOf(places, (role) => role)).toEqual([
      { id: '1', name: 'Гимназия №1', lines: ['Математика · 7А, 7Б', 'class_teacher · 7А'] },
      { id: '2', name: 'Лицей', lines: ['admin'] },
    ])
  })

  it('name class and school of a child once', () => {
    expect(placeWords([place({}), place({ role: 'student' }), place({ class_name: '' })])).toEqual(['7А, Гимназия №1', 'Гимназия №1'])
  })
})

describe('dateWords', () => {
  it.each([
    ['ru', '5 мая 2014'],
    ['en', '5 May 2014'],
  ] as const)('in %s: %s', (lang, said) => {
    expect(dateWords('2014-05-05', lang)).toBe(said)
  })
})
