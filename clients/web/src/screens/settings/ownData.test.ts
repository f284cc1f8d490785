import { describe, expect, it } from 'vitest'
import type { OwnData } from '../../wire.gen'
import { collectOwnData } from './ownData'

const page = (seqs: number[], more: string): OwnData => ({
  account: '1', first_name: 'Имя', last_name: '', patronymic: '', gender: '', birth_date: '', created: 0,
  contacts: [], sessions: [], documents: [], roles: [], children: [], parents: [], consents: [], applications: [], blocked: [], messages: seqs.map((seq) => ({ chat: '9', seq, ts: 0, text: '' })), more,
})

/** E-13: a long history comes in pages and leaves as one file. */
describe('collectOwnData', () => {
  it('joins the messages of all pages, in their order', async () => {
    const pages: Record<string, OwnData> = { '': page([1, 2], '9:2'), '9:2': page([3], '') }
    const all = await collectOwnData((after) => Promise.resolve({ ok: true, value: pages[after] as OwnData }))
    expect(all.ok && all.value.messages.map((one) => one.seq)).toEqual([1, 2, 3])
    expect(all.ok && 'more' in all.value).toBe(false)
  })

  it('gives up with the refusal of any page', async () => {
    const error = { code: 'offline', message: '', message_en: '', retryable: true, mender: 'you' as const }
    const asked = await collectOwnData((after) => Promise.resolve(after ? { ok: false, error } : { ok: true, value: page([1], '9:1') }))
    expect(asked).toEqual({ ok: false, error })
  })
})
