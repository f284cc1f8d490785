import { describe, expect, it } from 'vitest'
import { mark, markAll, still } from './selection'
import { deskEn } from './texts.en'
import { deskRu } from './texts.ru'

const ORDER = ['a', 'b', 'c', 'd']

describe('marking applications', () => {
  /** S29: Shift marks the range between the last marked row and this one, both ways. */
  it('takes a range by Shift', () => {
    expect([...mark(ORDER, new Set(['a']), 'c', 'a')]).toEqual(['a', 'b', 'c'])
    expect([...mark(ORDER, new Set(), 'b', 'd')].sort()).toEqual(['b', 'c', 'd'])
    expect([...mark(ORDER, new Set(ORDER), 'c', 'a')]).toEqual(['d'])
  })

  it('is one row without Shift, or when the anchor is gone', () => {
    expect([...mark(ORDER, new Set(), 'b')]).toEqual(['b'])
    expect([...mark(ORDER, new Set(['b']), 'b')]).toEqual([])
    expect([...mark(ORDER, new Set(), 'b', 'gone')]).toEqual(['b'])
  })

  it('takes all or none', () => {
    expect(markAll(ORDER, new Set(['a'])).size).toBe(4)
    expect(markAll(ORDER, new Set(ORDER)).size).toBe(0)
    expect([...still(['b'], new Set(['a', 'b']))]).toEqual(['b'])
  })
})

describe('the words of the desk', () => {
  /** E-12, E-13: both languages name the same fields, and Russian has all its plural forms. */
  it('are the same in both languages', () => {
    const fields = (entry: unknown) => `${[...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort()}`
    const keys = Object.keys(deskRu) as (keyof typeof deskRu)[]
    expect(keys.filter((key) => !deskEn[key] || (fields(deskRu[key]) !== fields(deskEn[key]) && !key.startsWith('refuse_title')))).toEqual([])
    expect(keys.filter((key) => typeof deskRu[key] === 'object' && !('few' in deskRu[key] && 'many' in deskRu[key]))).toEqual([])
  })
})
