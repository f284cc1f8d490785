import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Book } from '../src/core/book'
import { joinRuns, runOf } from '../src/core/model/run'
import type { ChatLogEvent } from '../src/wire.gen'
import { ReferenceChat } from './reference'

const ME = 'me'
const PEOPLE = [ME, 'anna', 'boris']
// The last two sort one way by code points and the other by UTF-16 units.
const EMOJI = ['👍', '❤️', '☝🏽', '☝️']

/** Random acts; an act that the present state does not allow does nothing. */
const act = fc.record({
  kind: fc.constantFrom('post', 'post', 'post', 'edit', 'delete', 'pin', 'unpin', 'react', 'unreact', 'title', 'role', 'read'),
  who: fc.constantFrom(...PEOPLE),
  pick: fc.nat(50),
  emoji: fc.constantFrom(...EMOJI),
})
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

function perform(chat: ReferenceChat, { kind, who, pick, emoji }: Act): ChatLogEvent | null {
  const living = chat.living()
  const target = living[pick % Math.max(1, living.length)]
  const plain = { post_no: chat.messages().length + 1, reply_to: null, forwarded: null, erased: false, mentions: [], mentions_all: false }
  if (kind === 'post') {
    return chat.add({ kind: 'message.posted', actor: who, text: `№ ${pick}`, nonce: `n${chat.head}`, ...plain })
  }
  if (kind === 'title') {
    const rules = { pin_policy: null, write_policy: null, slow_s: null }
    return chat.add({ kind: 'chat.updated', actor: who, title: `Тема ${pick}`, ...rules })
  }
  if (kind === 'role') return chat.add({ kind: 'member.role_changed', actor: 'anna', account: who, role: 'teacher' })
  if (!target) return null
  const on = { actor: who, target: target.seq }
  const has = target.reactions.find((one) => one.emoji === emoji)?.accounts.includes(who) ?? false
  const pinned = chat.state().pinned_messages.includes(target.seq)
  if (kind === 'edit') return chat.add({ kind: 'message.edited', ...on, text: `правка ${pick}`, erased: false })
  if (kind === 'delete') return chat.add({ kind: 'message.deleted', ...on })
  if (kind === 'pin' && !pinned) return chat.add({ kind: 'message.pinned', ...on })
  if (kind === 'unpin' && pinned) return chat.add({ kind: 'message.unpinned', ...on })
  if (kind === 'react' && !has) return chat.add({ kind: 'reaction.added', ...on, emoji })
  if (kind === 'unreact' && has) return chat.add({ kind: 'reaction.removed', ...on, emoji })
  return null
}

function bookOf(chat: ReferenceChat, limit: number): Book {
  const book = new Book()
  book.me = ME
  book.epoch = 'e'
  book.putState(chat.state(), true)
  book.setRun('c', runOf(chat.history(limit)))
  return book
}

describe('old state plus events equals fetched state', () => {
  test('for the chat and its messages, over random histories (E-1, E-2)', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), fc.array(act, { maxLength: 40 }), (before, after) => {
        const chat = new ReferenceChat(ME)
        for (const one of before) perform(chat, one)
        const book = bookOf(chat, 1_000)
        for (const one of after) {
          if (one.kind === 'read') {
            chat.readSeq = Math.max(chat.readSeq, Math.min(one.pick, chat.head))
            const { unread } = chat.state()
            book.takeRead({ kind: 'read.moved', chat: 'c', read_seq: chat.readSeq, unread, unread_mentions: 0 })
            continue
          }
          const event = perform(chat, one)
          if (event) expect(book.takeChatEvent(event)).toBe('taken')
        }
        const record = book.records.get('c')
        expect(record?.state).toEqual(chat.state())
        expect(record?.tail?.messages).toEqual(chat.messages())
        expect(book.stale.size, 'everything was loaded, so nothing had to be guessed').toBe(0)
      }),
    )
  })

  test('for a page that was read before or after events that came meanwhile', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 5, maxLength: 40 }), fc.nat(40), fc.nat(40), (acts, cut, late) => {
        const chat = new ReferenceChat(ME)
        for (const one of acts.slice(0, cut)) perform(chat, one)
        const book = bookOf(chat, 5)
        const first = book.records.get('c')?.tail?.messages[0]?.seq ?? 1
        // the page is read now; its answer comes when some of the later events have been taken
        const rest = acts.slice(cut).flatMap((one) => perform(chat, one) ?? [])
        const early = rest.slice(0, late)
        for (const event of early) book.takeChatEvent(event)
        const page = book.current('c', runOf(chat.history(1_000, first)))
        const tail = book.records.get('c')?.tail
        expect(page).not.toBeNull()
        if (page && tail) book.setRun('c', joinRuns(page, tail))
        for (const event of rest.slice(late)) book.takeChatEvent(event)
        expect(book.records.get('c')?.tail?.messages).toEqual(chat.messages())
      }),
    )
  })

  test('a deletion of a message that is not loaded asks for the exact count', () => {
    const chat = new ReferenceChat(ME)
    for (let n = 0; n < 5; n += 1) {
      chat.add({ kind: 'message.posted', actor: 'anna', text: 'раз', nonce: `n${n}`, post_no: n + 1, reply_to: null, forwarded: null })
    }
    const book = bookOf(chat, 2)
    book.takeChatEvent(chat.add({ kind: 'message.deleted', actor: 'anna', target: 1 }))
    expect([...book.stale]).toEqual(['c'])
    book.putState(chat.state(), false)
    expect(book.records.get('c')?.state.unread).toBe(4)
  })
})

describe('the intake', () => {
  test('drops doubles, and tells a gap without taking anything', () => {
    const chat = new ReferenceChat(ME)
    const book = bookOf(chat, 10)
    const post = () => chat.add({ kind: 'message.posted', actor: 'anna', text: 'а', nonce: `n${chat.head}`, post_no: chat.head + 1, reply_to: null, forwarded: null })
    const [one, two, three] = [post(), post(), post()]
    expect(book.takeChatEvent(one)).toBe('taken')
    expect(book.takeChatEvent(one)).toBe('known')
    expect(book.takeChatEvent(three)).toBe('gap')
    expect(book.records.get('c')?.tail?.messages).toHaveLength(1)
    expect(book.takeChatEvent(two)).toBe('taken')
    expect(book.takeChatEvent(three)).toBe('taken')
  })

  test('one’s own removal takes the chat away (E-14)', () => {
    const chat = new ReferenceChat(ME)
    const book = bookOf(chat, 10)
    book.takeChatEvent(chat.add({ kind: 'member.removed', actor: 'anna', account: ME }))
    expect(book.records.has('c')).toBe(false)
  })
})
