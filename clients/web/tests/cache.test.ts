import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { Book } from '../src/core/book'
import { Cache } from '../src/core/cache'
import { KEPT_MESSAGES, runOf } from '../src/core/model/run'
import { ReferenceChat } from './reference'

function filled(posts: number): { book: Book; chat: ReferenceChat } {
  const chat = new ReferenceChat('me')
  for (let n = 0; n < posts; n += 1) {
    chat.add({ kind: 'message.posted', actor: 'anna', text: `№ ${n}`, nonce: `n${n}`, post_no: n + 1, reply_to: null, forwarded: null })
  }
  const book = new Book()
  book.me = 'me'
  book.epoch = 'e'
  book.accountSeq = 7
  book.pins = ['c']
  book.putState(chat.state(), true)
  book.setRun('c', runOf(chat.history(1_000)))
  return { book, chat }
}

test('another start of the same account finds its chats, cursors and newest messages (E-2)', async () => {
  const { book, chat } = filled(KEPT_MESSAGES + 20)
  const cache = new Cache()
  await cache.open('1')
  await cache.save(book, 123)
  const again = new Book()
  const later = new Cache()
  await later.open('1')
  expect(await later.load(again)).toBe(123)
  expect([again.epoch, again.accountSeq, again.pins]).toEqual(['e', 7, ['c']])
  const record = again.records.get('c')
  expect([record?.state, record?.cursor]).toEqual([chat.state(), chat.head])
  expect(record?.tail?.messages).toEqual(chat.messages().slice(-KEPT_MESSAGES))
  expect(record?.tail?.moreBefore).toBe(true)
})

test('a chat that was left is taken out, and another account finds nothing', async () => {
  const { book } = filled(1)
  const cache = new Cache()
  await cache.open('2')
  await cache.save(book, 1)
  book.drop('c')
  await cache.save(book, 2)
  const again = new Book()
  await cache.load(again)
  expect(again.records.size).toBe(0)
  const other = new Cache()
  await other.open('3')
  expect(await other.load(new Book())).toBe(0)
})

test('logging out leaves nothing of the account on the device (R-76)', async () => {
  const { book } = filled(3)
  const cache = new Cache()
  await cache.open('4')
  await cache.save(book, 1)
  await cache.savePost({ nonce: 'n', chat: 'c', text: 'т', replyTo: null, files: [], held: false, created: 1, tries: 0, tab: 't' })
  await cache.saveDraft('c', 'черновик')
  await cache.wipe('4')
  expect((await indexedDB.databases()).map((one) => one.name)).not.toContain('rt-4')
  const again = new Cache()
  await again.open('4')
  expect([await again.load(new Book()), await again.posts(), [...(await again.drafts())]]).toEqual([0, [], []])
})

test('a browser without a database has a chat without a cache', async () => {
  const cache = new Cache()
  expect([await cache.load(new Book()), await cache.posts(), [...(await cache.drafts())]]).toEqual([0, [], []])
  await cache.savePost({ nonce: 'n', chat: 'c', text: 'т', replyTo: null, files: [], held: false, created: 1, tries: 0, tab: 't' })
})
