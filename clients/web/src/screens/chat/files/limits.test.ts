import { describe, expect, it } from 'vitest'
import { admit } from './limits'

const file = (size: number) => ({ size })

/** R-90, D7. */
describe('files that are attached', () => {
  it('may have 4 GiB, and not a byte more', () => {
    const found = admit([file(4_294_967_296), file(4_294_967_297)], 0)
    expect([found.fit, found.tooBig, found.tooMany]).toEqual([[file(4_294_967_296)], [file(4_294_967_297)], false])
  })
  it('are ten at most, with those that are there already', () => {
    const many = Array.from({ length: 5 }, (_, size) => file(size))
    expect(admit(many, 5)).toEqual({ fit: many, tooBig: [], tooMany: false })
    expect(admit(many, 7)).toEqual({ fit: many.slice(0, 3), tooBig: [], tooMany: true })
    expect(admit(many, 10).fit).toEqual([])
  })
})
