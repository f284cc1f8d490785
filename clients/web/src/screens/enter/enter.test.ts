import { describe, expect, it } from 'vitest'
import { isoDate } from './birthdate'
import { caretAfter, formatContact } from './phone'
import { enterPlaceOf, pathOfLink } from './ways'
import { enterEn, enterRu } from './texts'

describe('the contact field', () => {
  /** 8…, +7…, spaces and paste give one form; an address of e-mail is left alone. */
  it.each([
    ['89111111111', '+7 (911) 111-11-11'],
    ['+7 911 111 11 11', '+7 (911) 111-11-11'],
    ['9111111111', '+7 (911) 111-11-11'],
    ['89111', '+7 (911) 1'],
    ['masha@example.ru', 'masha@example.ru'],
    ['+49 30 1234', '+49 30 1234'],
    ['', ''],
  ])('%s is shown as %s', (typed, shown) => {
    expect(formatContact(typed)).toBe(shown)
    expect(formatContact(shown)).toBe(shown)
  })

  it('keeps the caret behind the digit that was typed', () => {
    expect(caretAfter('+7 (9121) 11', 7, '+7 (912) 111')).toBe(7)
    expect(caretAfter('89111', 5, '+7 (911) 1')).toBe(10)
  })
})

describe('the ways', () => {
  it.each([
    ['https://school.example/i/abcdefgh12', '/i/abcdefgh12'],
    ['/p/abcdefgh12/', '/p/abcdefgh12'],
    ['https://school.example/i/', null],
    ['hello', null],
  ])('a pasted %s leads to %s', (pasted, path) => {
    expect(pathOfLink(pasted)).toBe(path)
  })

  it('leave the application its own addresses', () => {
    expect(enterPlaceOf('/messages/5')).toBeNull()
    expect(enterPlaceOf('/i/abc')).toEqual({ screen: 'invite', token: 'abc' })
    expect(enterPlaceOf('/i/abc/d')).toBeNull()
  })
})

describe('a typed birth date', () => {
  it.each([
    ['5', '3', '2014', '2014-03-05'],
    ['31', '2', '2014', ''],
    ['', '3', '2014', ''],
    ['1', '1', '14', ''],
  ])('%s.%s.%s is %s', (day, month, year, iso) => {
    expect(isoDate(day, month, year)).toBe(iso)
  })
})

describe('the words of entering', () => {
  /** E-12, E-13: both languages are complete and name the same fields. */
  it('are the same in both languages', () => {
    expect(Object.keys(enterEn).sort()).toEqual(Object.keys(enterRu).sort())
    const fields = (text: string) => `${[...new Set(text.match(/\{\w+\}/g) ?? [])].sort()}`
    const keys = Object.keys(enterRu) as (keyof typeof enterRu)[]
    expect(keys.filter((key) => fields(enterRu[key]) !== fields(enterEn[key]))).toEqual([])
  })
})
