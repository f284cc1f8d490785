import { describe, expect, it } from 'vitest'
import { noticeOf } from './notice'

const away = { muted: false, open: false, visible: true, focused: true, leads: true, sound: true }

/** Design §4.6: quiet in the open chat and in muted ones. */
describe('noticeOf', () => {
  it.each([
    ['another chat', {}, true, true],
    ['the open chat in a focused window', { open: true }, false, false],
    ['the open chat in a window without focus', { open: true, focused: false }, false, true],
    ['a muted chat', { muted: true }, false, false],
    ['a hidden tab that speaks for all', { visible: false, focused: false }, false, true],
    ['a hidden tab beside it', { visible: false, focused: false, leads: false }, false, false],
    ['sound switched off', { sound: false }, true, false],
  ])('%s', (_, change, toast, sound) => {
    expect(noticeOf({ ...away, ...change })).toEqual({ toast, sound })
  })
})
