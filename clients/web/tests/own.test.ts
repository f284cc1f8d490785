import { describe, expect, test } from 'vitest'
import { Book } from '../src/core/book'
import { foreseeRead } from '../src/core/model/chat'
import { isArchived, ordered } from '../src/core/model/listing'
import { runOf } from '../src/core/model/run'
import type { ChatState, MessagesHidden } from '../src/wire.gen'
import { ReferenceChat } from './reference'

const ME = 'me'

function chatWith(posts: string[], id = 'c', view: Partial<ChatState['view']> = {}): { chat: ReferenceChat; state: ChatState } {
  const chat = new ReferenceChat(ME)
  for (const [index, actor] of posts.entries()) {
    chat.add({ kind: 'message.posted', actor, text: `№ ${index}`, nonce: `n${index}`, post_no: index + 1, reply_to: null, forwarded: null })
  }
  const state = chat.state()
  return { chat, state: { ...state, id, view: { ...state.view, ...view } } }
}

function bookWith(posts: string[]): { book: Book; chat: ReferenceChat } {
  const { chat, state } = chatWith(posts)
  const book = new Book()
  book.me = ME
  book.epoch = 'e'
  book.putState(state, true)
  book.setRun('c', runOf(chat.history(50)))
  return { book, chat }
}

describe('the account’s own log', () => {
  test('stars, hides and replaces the view, in order of seq', () => {
    const { book } = bookWith(['anna', 'anna', 'boris'])
    expect(book.takeAccountEvent({ kind: 'message.starred', seq: 1, ts: 1, chat: 'c', target: 3 })).toBe('taken')
    expect(book.message('c', 3)?.starred).toBe(true)
    expect(book.records.get('c')?.state.last_message?.starred).toBe(true)
    const view = { archived_at_seq: 3, marked_unread: true, muted_until: 5, read_seq: 1 }
    expect(book.takeAccountEvent({ kind: 'chat.view_changed', seq: 2, ts: 1, chat: 'c', view, pins: ['c'] })).toBe('taken')
    expect([book.records.get('c')?.state.view, book.pins]).toEqual([view, ['c']])
    expect(book.takeAccountEvent({ kind: 'messages.hidden', seq: 3, ts: 1, chat: 'c', targets: [2], unread: 1, unread_mentions: 0 })).toBe('taken')
    expect(book.records.get('c')?.tail?.messages.map((one) => one.seq)).toEqual([1, 3])
    expect(book.records.get('c')?.state.unread).toBe(1)
    expect(book.stale.size).toBe(0)
  })

  test('doubles are dropped, holes told, and a hidden last message asks for the one before it', () => {
    const { book } = bookWith(['anna', 'anna'])
    const hide: MessagesHidden = { kind: 'messages.hidden', seq: 1, ts: 1, chat: 'c', targets: [2], unread: 1, unread_mentions: 0 }
    expect(book.takeAccountEvent({ ...hide, seq: 2 })).toBe('gap')
    expect(book.takeAccountEvent(hide)).toBe('taken')
    expect(book.takeAccountEvent(hide)).toBe('known')
    expect([...book.stale]).toEqual(['c'])
  })

  test('a chat left is gone with its pin; a chat joined is asked for', () => {
    const { book } = bookWith(['anna'])
    book.pins = ['c']
    book.takeAccountEvent({ kind: 'chat.left', seq: 1, ts: 1, chat: 'c' })
    book.takeAccountEvent({ kind: 'chat.joined', seq: 2, ts: 1, chat: 'd' })
    expect([book.records.size, book.pins, [...book.joined]]).toEqual([0, [], ['d']])
  })

  test('a view that is older than the read mark does not move it back (E-3)', () => {
    const { book } = bookWith(['anna', 'anna'])
    book.takeRead({ kind: 'read.moved', chat: 'c', read_seq: 2, unread: 0, unread_mentions: 0 })
    const view = { archived_at_seq: null, marked_unread: false, muted_until: null, read_seq: 1 }
    book.takeAccountEvent({ kind: 'chat.view_changed', seq: 1, ts: 1, chat: 'c', view, pins: [] })
    book.takeRead({ kind: 'read.moved', chat: 'c', read_seq: 1, unread: 1, unread_mentions: 0 })
    expect(book.records.get('c')?.state).toMatchObject({ unread: 0, view: { read_seq: 2 } })
  })
})

describe('a read mark before its answer', () => {
  test('counts what is loaded, and is nothing unread at the newest', () => {
    const { chat, state } = chatWith(['anna', ME, 'anna', 'boris'])
    expect(state.unread).toBe(3)
    const loaded = chat.messages()
    expect(foreseeRead(state, 1, ME, loaded)).toMatchObject({ unread: 2, view: { read_seq: 1 } })
    expect(foreseeRead(state, 3, ME, loaded)).toMatchObject({ unread: 1, view: { read_seq: 3 } })
    expect(foreseeRead(state, 4, ME, loaded)).toMatchObject({ unread: 0, view: { read_seq: 4 } })
    expect(foreseeRead(foreseeRead(state, 4, ME, loaded), 2, ME, loaded).view.read_seq).toBe(4)
  })
})

describe('the list', () => {
  test('a newer message brings an archived chat back unless it is muted (R-95)', () => {
    const away = (muted_until: number | null, at: number) => chatWith(['anna', 'anna'], 'c', { archived_at_seq: at, muted_until }).state
    expect(isArchived(away(null, 2), 0)).toBe(true)
    expect(isArchived(away(null, 1), 0)).toBe(false)
    expect(isArchived(away(100, 1), 50)).toBe(true)
    expect(isArchived(away(100, 1), 150)).toBe(false)
  })

  test('pinned ones stand in their order, then the newest first; an unsent post counts (R-94)', () => {
    const states = ['a', 'b', 'p', 'q', 'z'].map((id, index) => {
      const view = id === 'z' ? { archived_at_seq: 9 } : {}
      return { ...chatWith(['anna'], id, view).state, last_ts: index }
    })
    const listing = { chats: new Map(states.map((one) => [one.id, one])), pins: ['q', 'p', 'gone'] }
    const names = (touched: Map<string, number>) => ordered(listing, 0, touched).list.map((one) => one.id)
    expect(names(new Map())).toEqual(['q', 'p', 'b', 'a'])
    expect(names(new Map([['a', 99]]))).toEqual(['q', 'p', 'a', 'b'])
    expect(ordered(listing, 0, new Map()).archived.map((one) => one.id)).toEqual(['z'])
  })
})
