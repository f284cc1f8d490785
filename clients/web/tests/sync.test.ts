import { describe, expect, test } from 'vitest'
import type { Outcome } from '../src/core/api'
import { Book } from '../src/core/book'
import { failure, type AnyEvent, type Ask } from '../src/core/link'
import { Sync } from '../src/core/sync'
import type { ChatLogEvent, Sync as SyncInput, Welcome } from '../src/wire.gen'
import { ReferenceChat } from './reference'

const ME = 'me'
const welcome = { kind: 'server.welcome', account: ME } as Welcome
const settled = async () => new Promise((done) => setTimeout(done))

/** A server with one chat. Answers wait until they are let go, so that events can come in between. */
class Server {
  readonly chat = new ReferenceChat(ME)
  epoch = 'first'
  readonly asked: string[] = []
  #waiting: (() => void)[] = []
  held = false
  down = false

  ask = (async (name: string, input: SyncInput): Promise<Outcome<unknown>> => {
    this.asked.push(name)
    const answer = this.down ? failure('offline') : { ok: true, value: this.#answer(name, input) }
    if (this.held) await new Promise<void>((go) => this.#waiting.push(go))
    return answer as Outcome<unknown>
  }) as unknown as Ask

  letGo(): void {
    this.held = false
    for (const go of this.#waiting.splice(0)) go()
  }

  post(text: string): ChatLogEvent {
    const post_no = this.chat.messages().length + 1
    return this.chat.add({ kind: 'message.posted', actor: 'anna', text, nonce: text, post_no, reply_to: null, forwarded: null })
  }

  #answer(name: string, input: SyncInput): unknown {
    const { epoch } = this
    const state = this.chat.state()
    if (name === 'chat.list') return { chats: [state], pins: [], people: [], account_seq: 0, epoch }
    if (name === 'chat.get') return { chat: state, people: [] }
    const reset = input.epoch !== epoch
    const cursor = input.chats?.find((one) => one.chat === 'c')?.seq ?? 0
    const events = this.chat.events.slice(cursor)
    const chats = reset || events.length === 0 ? [] : [{ chat: 'c', head: this.chat.head, reset: false, events }]
    const reads = reset ? [] : [{ chat: 'c', read_seq: state.view.read_seq, unread: state.unread }]
    return { epoch, reset, account_seq: 0, account_events: [], chats, reads, drafts: [], server_ts: 0 }
  }
}

async function connected(server: Server) {
  const book = new Book()
  book.me = ME
  const resets: boolean[] = []
  const sync = new Sync(book, server.ask, {
    current: (reset) => resets.push(reset),
    people: () => undefined,
    drafts: () => undefined,
    sessionEnded: () => undefined,
    postDropped: () => undefined,
    rolesChanged: () => undefined,
  })
  sync.lost()
  sync.welcome(welcome)
  await settled()
  const equal = () => expect(book.records.get('c')?.state).toEqual(server.chat.state())
  return { book, sync, resets, equal }
}

describe('resume (E-2)', () => {
  test('a first connection reads the list; a later one asks for what it missed', async () => {
    const server = new Server()
    server.post('раз')
    const { sync, equal, resets } = await connected(server)
    equal()
    sync.lost()
    server.post('два')
    server.post('три')
    sync.welcome(welcome)
    await settled()
    equal()
    expect(server.asked).toEqual(['chat.list', 'sync'])
    expect(resets).toEqual([true, false])
  })

  test('events that come while the answer is on its way are taken after it, once', async () => {
    const server = new Server()
    const { sync, equal } = await connected(server)
    sync.lost()
    const missed = server.post('пропущено')
    server.held = true
    sync.welcome(welcome)
    await settled()
    sync.heard(missed as AnyEvent) // also in the answer
    sync.heard(server.post('живое') as AnyEvent) // not in it
    server.letGo()
    await settled()
    equal()
  })

  test('a hole between two events is filled by asking, and nothing is taken out of order', async () => {
    const server = new Server()
    const { sync, equal } = await connected(server)
    server.post('потеряно по дороге')
    sync.heard(server.post('пришло') as AnyEvent)
    await settled()
    equal()
    expect(server.asked).toEqual(['chat.list', 'sync'])
  })

  test('another epoch drops everything that was held: a restored server may know less', async () => {
    const server = new Server()
    server.post('до')
    const { book, sync, equal, resets } = await connected(server)
    sync.lost()
    server.chat.events.length = 0
    server.post('после восстановления')
    server.epoch = 'second'
    sync.welcome(welcome)
    await settled()
    equal()
    expect([book.epoch, resets.at(-1)]).toEqual(['second', true])
  })

  test('a connection lost in the middle of an answer changes nothing, and the next one starts anew', async () => {
    const server = new Server()
    const { sync, equal, resets } = await connected(server)
    sync.lost()
    server.post('раз')
    server.held = true
    sync.welcome(welcome)
    await settled()
    sync.lost()
    server.letGo()
    await settled()
    expect(resets).toEqual([true])
    sync.welcome(welcome)
    await settled()
    equal()
  })
})
