import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CoreError, Outcome } from '../src/core/api'
import type { KeptPost } from '../src/core/cache'
import { failure, type Ask } from '../src/core/link'
import { delayAfter, STALE_MS } from '../src/core/model/backoff'
import { Outbox, type OutboxNews } from '../src/core/outbox'

/** The device's disk, as several tabs and restarts see it. */
class Disk {
  readonly kept = new Map<string, KeptPost>()
  posts = async () => [...this.kept.values()].map((post) => ({ ...post }))
  savePost = async (post: KeptPost) => void this.kept.set(post.nonce, { ...post })
  dropPost = async (nonce: string) => void this.kept.delete(nonce)
}

/** A server that keeps each nonce once, may be away, and may refuse. */
class Server {
  readonly log: { nonce: string; chat: string; text: string }[] = []
  away = false
  /** It commits, and its answer is lost. */
  mute = false
  refusal: CoreError | null = null
  tries = 0
  /** Posts that wait for their files here. */
  readonly held = new Set<string>()
  readonly cancelled: string[] = []

  ask = (async (name: string, input: { nonce: string; chat: string; text: string; post: string }): Promise<Outcome<unknown>> => {
    this.tries += 1
    if (this.away) return failure('offline')
    if (name === 'message.pending_cancel') this.cancelled.push(input.post)
    if (this.refusal) return { ok: false, error: this.refusal }
    if (this.held.has(input.nonce)) return { ok: true, value: { seq: 0, ts: 1, post_no: 0, pending: true } }
    const known = this.log.findIndex((one) => one.nonce === input.nonce)
    if (known < 0) this.log.push({ nonce: input.nonce, chat: input.chat, text: input.text })
    if (this.mute) return failure('timeout')
    return { ok: true, value: { seq: known < 0 ? this.log.length : known + 1, ts: 1, post_no: 1 } }
  }) as unknown as Ask
}

const REFUSAL: CoreError = { code: 'not_member', message: '', message_en: '', retryable: false, mender: 'teacher' }
let disk: Disk
let server: Server
let living: Set<string>

function tab(name: string, say: (news: OutboxNews) => void = () => undefined): Outbox {
  living.add(name)
  return new Outbox({
    ask: server.ask,
    cache: disk,
    say,
    living: async () => living,
    tab: name,
    now: Date.now,
    sent: () => undefined,
    me: () => 'me',
  })
}
const post = (nonce: string, chat = 'c') => ({ nonce, chat, text: `текст ${nonce}`, replyTo: null, files: [] })
const texts = () => server.log.map((one) => one.nonce)

beforeEach(() => {
  vi.useFakeTimers()
  disk = new Disk()
  server = new Server()
  living = new Set()
})
afterEach(() => vi.useRealTimers())

describe('a post', () => {
  test('is on disk before the server hears of it, and gone from it after the answer (E-1)', async () => {
    const outbox = tab('a')
    server.away = true
    outbox.add(post('n1'))
    await vi.advanceTimersByTimeAsync(0)
    expect([...disk.kept.keys()]).toEqual(['n1'])
    expect(outbox.items.map((one) => one.state)).toEqual(['pending'])
    server.away = false
    outbox.flush()
    await vi.advanceTimersByTimeAsync(0)
    expect(texts()).toEqual(['n1'])
    expect([outbox.count, disk.kept.size]).toEqual([0, 0])
  })

  test('waits for those before it in its chat, and for none in others', async () => {
    const outbox = tab('a')
    server.away = true
    for (const nonce of ['n1', 'n2', 'n3']) outbox.add(post(nonce))
    await vi.advanceTimersByTimeAsync(0)
    expect(server.tries).toBe(1)
    outbox.add(post('other', 'd'))
    await vi.advanceTimersByTimeAsync(0)
    expect(server.tries).toBe(2)
    server.away = false
    outbox.flush()
    await vi.advanceTimersByTimeAsync(0)
    expect(texts().filter((nonce) => nonce !== 'other')).toEqual(['n1', 'n2', 'n3'])
  })

  test('whose answer is lost is sent again and stands once (E-1)', async () => {
    const outbox = tab('a')
    server.mute = true
    outbox.add(post('n1'))
    await vi.advanceTimersByTimeAsync(0)
    server.mute = false
    await vi.advanceTimersByTimeAsync(1_200)
    expect(server.tries).toBe(2)
    expect(texts()).toEqual(['n1'])
    expect(outbox.count).toBe(0)
  })

  test('is tried after 1, 2, 4, 8, 16, 30, 30 s, give or take a fifth', () => {
    const steps = [1, 2, 3, 4, 5, 6, 7].map((tries) => delayAfter(tries, 0.5))
    expect(steps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    expect([delayAfter(3, 0), delayAfter(3, 1)]).toEqual([3_200, 4_800])
  })

  test('that is refused stops, says why, and does not hold up the next', async () => {
    const outbox = tab('a')
    server.refusal = REFUSAL
    outbox.add(post('n1'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.tries).toBe(1)
    expect(outbox.items[0]).toMatchObject({ state: 'failed', error: { code: 'not_member' } })
    server.refusal = null
    outbox.add(post('n2'))
    await vi.advanceTimersByTimeAsync(0)
    expect(texts()).toEqual(['n2'])
    outbox.retry('n1')
    await vi.advanceTimersByTimeAsync(0)
    expect(texts()).toEqual(['n2', 'n1'])
  })

  test('a day old asks before it is sent', async () => {
    await disk.savePost({ ...post('old'), created: Date.now() - STALE_MS - 1, tries: 3, tab: 'gone', held: false })
    const outbox = tab('a')
    await outbox.open()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([server.tries, outbox.items[0]?.state]).toEqual([0, 'stale'])
    outbox.retry('old')
    await vi.advanceTimersByTimeAsync(0)
    expect(texts()).toEqual(['old'])
  })
})

describe('several tabs', () => {
  test('only the tab that wrote a post sends it, all show it', async () => {
    const second = tab('b')
    const first = tab('a', (news) => second.heard(news))
    server.away = true
    first.add(post('n1'))
    await vi.advanceTimersByTimeAsync(0)
    expect(second.items.map((one) => one.nonce)).toEqual(['n1'])
    server.away = false
    server.tries = 0
    await second.open()
    await vi.advanceTimersByTimeAsync(0)
    expect(server.tries).toBe(0)
    first.flush()
    await vi.advanceTimersByTimeAsync(0)
    expect([texts(), second.count]).toEqual([['n1'], 0])
  })

  test('a living tab takes over from a closed one, in the order of writing', async () => {
    const first = tab('a')
    const second = tab('b')
    server.away = true
    first.add(post('zz'))
    first.add(post('aa'))
    await vi.advanceTimersByTimeAsync(0)
    first.clear() // closed: its timers are gone with it
    living.delete('a')
    server.away = false
    await second.open()
    await vi.advanceTimersByTimeAsync(0)
    expect([texts(), disk.kept.size]).toEqual([['zz', 'aa'], 0])
  })
})

/** docs/FILES.md, 3: the server holds a post until its files are finished. */
describe('a post that the server holds', () => {
  beforeEach(() => server.held.add('film'))

  test('waits, on disk too, and those after it do not wait for it', async () => {
    const outbox = tab('a')
    outbox.add(post('film'))
    outbox.add(post('text'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(texts()).toEqual(['text'])
    expect(outbox.items.map((one) => [one.nonce, one.state, one.held])).toEqual([['film', 'pending', true]])
    expect(disk.kept.get('film')?.held).toBe(true)
    expect(server.tries).toBe(2)
    outbox.seen('film')
    expect([outbox.count, disk.kept.size, server.cancelled]).toEqual([0, 0, []])
  })

  test('is asked for again on the next connection, however old, and goes when it was posted meanwhile', async () => {
    await disk.savePost({ ...post('film'), created: Date.now() - STALE_MS - 1, tries: 0, tab: 'gone', held: true })
    const outbox = tab('a')
    await outbox.open()
    await vi.advanceTimersByTimeAsync(0)
    expect(outbox.items.map((one) => one.state)).toEqual(['pending'])
    server.held.clear()
    await outbox.open()
    await vi.advanceTimersByTimeAsync(0)
    expect([texts(), outbox.count]).toEqual([['film'], 0])
  })

  test('says why it was dropped', async () => {
    const outbox = tab('a')
    outbox.add(post('film'))
    await vi.advanceTimersByTimeAsync(0)
    server.refusal = REFUSAL
    outbox.dropped('film')
    await vi.advanceTimersByTimeAsync(0)
    expect(outbox.items.map((one) => [one.state, one.error?.code, one.held])).toEqual([['failed', 'not_member', false]])
  })

  test('is taken back from the server when it is discarded', async () => {
    const outbox = tab('a')
    outbox.add(post('film'))
    await vi.advanceTimersByTimeAsync(0)
    outbox.discard('film')
    expect([server.cancelled, outbox.count]).toEqual([['film'], 0])
  })
})
