import { describe, expect, test } from 'vitest'
import { PENDING_SEQ, type Outcome } from '../src/core/api'
import { Book } from '../src/core/book'
import { Cache } from '../src/core/cache'
import { Chats } from '../src/core/chats'
import { failure, type Ask } from '../src/core/link'
import { Outbox } from '../src/core/outbox'
import { Overlays } from '../src/core/overlay'
import { People } from '../src/core/people'
import { Reads } from '../src/core/reads'
import { refill } from '../src/core/refill'
import { PAGE, Talk } from '../src/core/talk'
import type { MessageHistory } from '../src/wire.gen'
import { ReferenceChat } from './reference'

const ME = 'me'
const settled = async () => new Promise((done) => setTimeout(done))

/** A chat of `posts` messages by Anna on a server, and a client that has read the list. */
function world(posts: number, readSeq: number) {
  const chat = new ReferenceChat(ME)
  const post = () => {
    const n = chat.head
    return chat.add({ kind: 'message.posted', actor: 'anna', text: `№ ${n}`, nonce: `n${n}`, post_no: n + 1, reply_to: null, forwarded: null })
  }
  for (let n = 0; n < posts; n += 1) post()
  chat.readSeq = readSeq
  const net = { down: false, asked: 0 }
  const ask = (async (name: string, input: MessageHistory): Promise<Outcome<unknown>> => {
    if (net.down) return failure('offline')
    if (name !== 'message.history') return { ok: true, value: { read_seq: 0, unread: 0, people: [] } }
    net.asked += 1
    if (input.chat !== 'c') return { ok: false, error: { ...failure('chat_unknown').error, retryable: false } }
    return { ok: true, value: page(chat, input) }
  }) as unknown as Ask
  const book = new Book()
  book.me = ME
  book.epoch = 'e'
  book.putState(chat.state(), true)
  const cache = new Cache()
  const people = new People(ask, cache)
  const ports = { ask, cache, say: () => undefined, living: async () => null, tab: 't', now: Date.now }
  const outbox = new Outbox({ ...ports, sent: () => undefined, me: () => ME })
  const chats = new Chats(book, new Overlays(), outbox, people, Date.now)
  const open = (id = 'c', at?: number) =>
    new Talk(id, { ask, book, chats, outbox, people, reads: new Reads(book, ask), closed: () => undefined }, at)
  const seqs = (talk: Talk) => talk.messages.map((one) => one.seq)
  return { chat, book, net, ask, outbox, open, post, seqs }
}

function page(chat: ReferenceChat, { before, after, around, limit = PAGE }: MessageHistory) {
  const all = chat.messages()
  const half = Math.floor(limit / 2)
  const middle = typeof around === 'number' ? all.filter((one) => one.seq <= around).length : 0
  const [from, to] =
    typeof around === 'number'
      ? [middle - half, middle + limit - half]
      : typeof after === 'number'
        ? [all.filter((one) => one.seq <= after).length, all.filter((one) => one.seq <= after).length + limit]
        : [all.filter((one) => one.seq < (before ?? Infinity)).length - limit, all.filter((one) => one.seq < (before ?? Infinity)).length]
  const messages = all.slice(Math.max(0, from), to)
  return { messages, as_of: chat.head, more_before: from > 0, more_after: to < all.length, people: [] }
}

describe('opening', () => {
  test('shows the newest page and no divider when all is read', async () => {
    const { open, seqs } = world(120, 120)
    const talk = open()
    expect(talk.state).toBe('loading')
    await settled()
    expect([talk.state, seqs(talk)[0], seqs(talk).at(-1), talk.moreBefore, talk.moreAfter]).toEqual(['ready', 71, 120, true, false])
    expect(talk.unreadFrom).toBe(0)
  })

  test('draws the divider above the first unread message, also far up (experience 4.2)', async () => {
    const near = world(120, 115)
    const talk = near.open()
    await settled()
    expect([talk.unreadFrom, near.seqs(talk).at(-1)]).toEqual([116, 120])
    const far = world(300, 100)
    const other = far.open()
    await settled()
    expect([other.unreadFrom, other.moreAfter]).toEqual([101, false])
    expect(far.seqs(other)).toContain(101)
    expect(other.gaps, 'the newest page is there for offline reading, with a gap above it').toEqual([251])
    far.book.takeRead({ kind: 'read.moved', chat: 'c', read_seq: 300, unread: 0, unread_mentions: 0 })
    expect(other.unreadFrom, 'it stays where it was set').toBe(101)
  })

  test('says gone for a chat that is not ours, and when we are taken out of one (E-14)', async () => {
    const { open, book } = world(3, 3)
    const stranger = open('other')
    const talk = open()
    await settled()
    expect([stranger.state, talk.state]).toEqual(['gone', 'ready'])
    book.drop('c')
    expect(talk.state).toBe('gone')
  })

  test('without a network it shows what is kept, and reads on when it is back', async () => {
    const { open, net, seqs } = world(3, 3)
    net.down = true
    const talk = open()
    await settled()
    expect(talk.state).toBe('loading')
    net.down = false
    talk.refresh()
    await settled()
    expect([talk.state, seqs(talk)]).toEqual(['ready', [1, 2, 3]])
  })
})

describe('pages', () => {
  test('older ones join without a hole or a double, down to the first', async () => {
    const { open, seqs } = world(120, 120)
    const talk = open()
    await settled()
    await Promise.all([talk.loadOlder(), talk.loadOlder()])
    await talk.loadOlder()
    expect(seqs(talk)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1))
    expect(talk.moreBefore).toBe(false)
  })

  test('a jump adds a run with a gap between, and new messages go on below', async () => {
    const { open, seqs, book, post } = world(300, 300)
    const talk = open()
    await settled()
    const generation = talk.generation
    await talk.jumpTo(40)
    expect([seqs(talk).includes(40), talk.moreAfter, talk.generation]).toEqual([true, false, generation + 1])
    expect(talk.gaps).toEqual([251])
    const gaps = talk.gaps
    book.takeChatEvent(post())
    expect(seqs(talk).at(-1)).toBe(301)
    expect(talk.gaps, 'the same list while no gap came or went').toBe(gaps)
    await talk.jumpTo(45)
    await talk.jumpTo(150)
    expect([talk.gaps.length, talk.generation], 'what is loaded needs no page').toEqual([2, generation + 2])
  })

  test.each(['above', 'below'] as const)('a gap fills from %s without a hole or a double, and then is none', async (side) => {
    const { open, seqs, net } = world(300, 300)
    const talk = open()
    await settled()
    await talk.jumpTo(40)
    const asked = net.asked
    await Promise.all([talk.fillGap(talk.gaps[0] ?? 0, side), talk.fillGap(talk.gaps[0] ?? 0, side)])
    expect(net.asked, 'one page at a time').toBe(asked + 1)
    while (talk.gaps[0] !== undefined) await talk.fillGap(talk.gaps[0], side)
    expect(seqs(talk)).toEqual(Array.from({ length: 300 - (seqs(talk)[0] ?? 0) + 1 }, (_, index) => index + (seqs(talk)[0] ?? 0)))
    expect(net.asked).toBeLessThan(asked + 8)
    await talk.fillGap(251, side)
    expect(seqs(talk)).toHaveLength(new Set(seqs(talk)).size)
  })

  test('events change messages in every run (E-2)', async () => {
    const { open, book, chat } = world(300, 300)
    const talk = open()
    await settled()
    await talk.jumpTo(40)
    book.takeChatEvent(chat.add({ kind: 'message.edited', actor: 'anna', target: 40, text: 'иначе', erased: false }))
    book.takeChatEvent(chat.add({ kind: 'message.deleted', actor: 'anna', target: 299 }))
    expect([talk.message(40)?.text, talk.message(299)?.deleted]).toEqual(['иначе', true])
    talk.close()
    book.shrink('c')
    expect(talk.messages.map((one) => one.seq), 'a closed conversation keeps the newest').toEqual(chat.messages().slice(-50).map((one) => one.seq))
  })

  test('back to the newest needs no asking; a message that cannot be seen is said so', async () => {
    const { open, seqs, net } = world(300, 300)
    const talk = open()
    await settled()
    await talk.jumpTo(40)
    const asked = net.asked
    await talk.jumpToLatest()
    expect([net.asked, seqs(talk).at(-1), talk.moreAfter]).toEqual([asked, 300, false])
    expect(await talk.jumpTo(9_999)).toMatchObject({ ok: false, error: { code: 'message_unknown' } })
    expect(seqs(talk).at(-1)).toBe(300)
  })

  test('a quoted message from elsewhere is fetched once, and follows its events', async () => {
    const { open, book, chat, net } = world(300, 300)
    const talk = open()
    await settled()
    expect([talk.message(5), talk.message(5)]).toEqual([undefined, undefined])
    await settled()
    expect(talk.message(5)?.text).toBe('№ 4')
    const asked = net.asked
    book.takeChatEvent(chat.add({ kind: 'message.deleted', actor: 'anna', target: 5 }))
    expect([talk.message(5)?.deleted, net.asked]).toEqual([true, asked])
    talk.message(9_999)
    await settled()
    expect(talk.message(9_999)).toBeNull()
  })
})

test('an own unsent message stands last and keeps its key when it is acknowledged (experience 4.1)', async () => {
  const { open, outbox, net, book, chat, post } = world(3, 3)
  const talk = open()
  await settled()
  net.down = true
  outbox.add({ nonce: 'mine-nonce', chat: 'c', text: 'моё', replyTo: null, files: [] })
  await settled()
  book.takeChatEvent(post())
  expect(talk.messages.map((one) => one.text)).toEqual(['№ 0', '№ 1', '№ 2', '№ 3', 'моё'])
  const pending = talk.messages.at(-1)
  expect([pending?.state, (pending?.seq ?? 0) >= PENDING_SEQ]).toEqual(['pending', true])
  expect(talk.messages.at(-1), 'the same object while nothing changes').toBe(pending)
  const plain = { text: 'моё', post_no: 5, reply_to: null, forwarded: null }
  book.takeChatEvent(chat.add({ kind: 'message.posted', actor: ME, nonce: 'mine-nonce', ...plain }))
  expect(talk.messages.filter((one) => one.text === 'моё').map((one) => [one.key, one.state, one.seq])).toEqual([[pending?.key, 'sent', 5]])
  outbox.clear()
})

test('after a reset the newest messages of opened chats are read again, for offline reading (E-2)', async () => {
  const { open, book, chat, net, ask, seqs } = world(300, 300)
  const first = open()
  await settled()
  first.close()
  book.putState(chat.state(), true)
  expect(book.records.get('c')?.tail).toBeNull()
  net.down = true
  await refill(book, ask, { put: () => undefined })
  net.down = false
  await refill(book, ask, { put: () => undefined })
  const asked = net.asked
  await refill(book, ask, { put: () => undefined })
  expect([book.records.get('c')?.tail?.messages.length, net.asked]).toEqual([PAGE, asked])
  net.down = true
  const talk = open()
  expect([talk.state, seqs(talk).at(-1)]).toEqual(['ready', 300])
})
