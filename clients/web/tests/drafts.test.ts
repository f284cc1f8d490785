import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../src/core/api'
import type { KeptDraft } from '../src/core/cache'
import { Drafts } from '../src/core/drafts'
import { failure, type Ask } from '../src/core/link'
import { Presence } from '../src/core/presence'

class Kept {
  all = new Map<string, KeptDraft>()
  drafts = () => Promise.resolve(new Map(this.all))
  saveDraft = (chat: string, text: string, told = false) => {
    if (told && text === '') this.all.delete(chat)
    else this.all.set(chat, { text, told })
    return Promise.resolve()
  }
}

class Server {
  down = false
  heard: [string, unknown][] = []
  reads: { account: string; read_seq: number }[] = []
  ask = ((name: string, input: unknown): Promise<Outcome<unknown>> => {
    this.heard.push([name, input])
    return Promise.resolve(this.down ? failure('offline') : { ok: true, value: { reads: this.reads } })
  }) as unknown as Ask
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('drafts across devices (4.3)', () => {
  test('the last text is told once the typing stops, and kept as told', async () => {
    const [cache, server] = [new Kept(), new Server()]
    const drafts = new Drafts(cache, server.ask)
    drafts.set('c', 'при')
    drafts.set('c', 'привет')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(server.heard).toEqual([['draft.save', { chat: 'c', text: 'привет' }]])
    expect(cache.all.get('c')).toEqual({ text: 'привет', told: true })
  })

  test('what is typed here is not replaced before the server has it', async () => {
    const drafts = new Drafts(new Kept(), new Server().ask)
    drafts.set('c', 'моё')
    drafts.take('c', 'чужое')
    expect([drafts.get('c'), drafts.arrived('c')]).toEqual(['моё', 0])
    await vi.advanceTimersByTimeAsync(2_000)
    drafts.take('c', 'с телефона')
    expect([drafts.get('c'), drafts.arrived('c')]).toEqual(['с телефона', 1])
  })

  test('one that was sent from another device meanwhile is gone; one typed without a network goes to the server', async () => {
    const [cache, server] = [new Kept(), new Server()]
    cache.all.set('sent', { text: 'давно у сервера', told: true })
    cache.all.set('new', { text: 'без сети', told: false })
    const drafts = new Drafts(cache, server.ask)
    await drafts.open()
    drafts.takeAll(new Map())
    await vi.advanceTimersByTimeAsync(2_000)
    expect([drafts.get('sent'), drafts.get('new')]).toEqual(['', 'без сети'])
    expect(server.heard).toEqual([['draft.save', { chat: 'new', text: 'без сети' }]])
    expect(cache.all.has('sent')).toBe(false)
  })
})

describe('typing and reading (E-4)', () => {
  const typed = (account: string) => ({ kind: 'presence.typing_told' as const, chat: 'c', account })

  test('the own typing is told at most once in 3 s', () => {
    const server = new Server()
    const presence = new Presence(server.ask, () => 'me', Date.now)
    presence.type('c')
    presence.type('c')
    vi.advanceTimersByTime(3_000)
    presence.type('c')
    expect(server.heard.map(([name]) => name)).toEqual(['presence.typing', 'presence.typing'])
  })

  test('others are shown for 6 s, or until they have said it; oneself never', () => {
    const presence = new Presence(new Server().ask, () => 'me', Date.now)
    for (const account of ['anna', 'ivan', 'me']) presence.heard(typed(account))
    expect(presence.typing('c')).toEqual(['anna', 'ivan'])
    presence.heard({ kind: 'message.posted', chat: 'c', actor: 'anna' } as never)
    expect(presence.typing('c')).toEqual(['ivan'])
    vi.advanceTimersByTime(6_000)
    expect(presence.typing('c')).toEqual([])
  })

  test('marks are asked for once, then follow what is told', async () => {
    const server = new Server()
    server.reads = [{ account: 'anna', read_seq: 4 }]
    const presence = new Presence(server.ask, () => 'me', Date.now)
    expect(presence.readBy('c', 4)).toEqual([])
    await vi.advanceTimersByTimeAsync(0)
    presence.heard({ kind: 'reads.moved', chat: 'c', reads: [{ account: 'ivan', read_seq: 5 }, { account: 'me', read_seq: 9 }] })
    expect([presence.readBy('c', 4), presence.readBy('c', 5)]).toEqual([['anna', 'ivan'], ['ivan']])
    expect(server.heard).toHaveLength(1)
  })
})
