/** The composition of the core: makes its parts and binds them. Holds no rule of its own. */
import { askAgain } from './again'
import type { Conversation, Core, Said } from './api'
import { Book } from './book'
import { Cache } from './cache'
import { CallChannel } from './calls'
import { Chats } from './chats'
import { makeCommands } from './commands'
import { Connection } from './connection'
import { Drafts } from './drafts'
import { Link, type AnyEvent, type Ask } from './link'
import { Outbox, type OutboxNews } from './outbox'
import { Overlays } from './overlay'
import { People } from './people'
import { Reads } from './reads'
import { Presence } from './presence'
import { refill } from './refill'
import { makeSearch } from './search'
import { Session } from './session'
import { Sync } from './sync'
import { Tabs } from './tabs'
import { Talk } from './talk'

export type * from './api'
export { MUTED_FOR_GOOD, PENDING_SEQ } from './api'

/** The first change is written at once, those that follow together: a browser drops what a page writes while it is left. */
const SAVE_EVERY_MS = 250
/** A mute that ends, an edit that is too late now: looked at that often. */
const CLOCK_MS = 30_000
/** Who we are is asked again that often while the server does not answer. */
const ASK_AGAIN_MS = 3_000
/** A command whose answer was lost waits that long for the connection; then it is said to have failed. */
const LOST_WAIT_MS = 30_000

function makeCore(): Core {
  const book = new Book()
  const cache = new Cache()
  const overlays = new Overlays()
  const tabs = new Tabs<OutboxNews>()
  const talks = new Set<Talk>()
  const listeners = new Set<(said: Said) => void>()
  let clockSkewMs = 0
  let saving: ReturnType<typeof setTimeout> | undefined
  let savedAt = -SAVE_EVERY_MS
  let running = false

  const now = () => Date.now() + clockSkewMs
  const ask: Ask = (name, input) => link.ask(name, input)
  const link = new Link({ heard, lost, refused })
  const connection = new Connection(() => link.connect())
  const people = new People(ask, cache)
  const drafts = new Drafts(cache, ask)
  const outbox = new Outbox({
    ask,
    cache,
    say: (news) => tabs.say(news),
    living: () => tabs.living(),
    tab: tabs.own,
    now: Date.now,
    sent: (chat, message) => book.sent(chat, message),
    me: () => book.me,
  })
  const chats = new Chats(book, overlays, outbox, people, now)
  const reads = new Reads(book, ask)
  const sync = new Sync(book, ask, { current, people: (found) => people.put(found), drafts: (all) => drafts.takeAll(all), sessionEnded, postDropped: (nonce) => outbox.dropped(nonce), rolesChanged: () => session.rolesChanged() })
  const session = new Session(wipe)
  const calls = new CallChannel(ask)
  const presence = new Presence(ask, () => book.me, Date.now)
  book.posted = (nonce) => outbox.seen(nonce)
  const surely = askAgain(ask, () => connection.settled(LOST_WAIT_MS))
  const commands = makeCommands({ ask: surely, book, chats, outbox, overlays, people })

  function heard(event: AnyEvent): void {
    if (event.kind === 'server.welcome') {
      clockSkewMs = event.server_ts - Date.now()
      connection.to('syncing')
      if (event.account === book.me) sync.welcome(event)
      else location.reload() // another account has logged in in this browser meanwhile
      return
    }
    if (calls.heard(event) || presence.heard(event)) return
    if (event.kind === 'draft.changed') {
      drafts.take(event.chat, event.draft?.text ?? '')
      return
    }
    sync.heard(event)
    if (event.kind !== 'message.posted' || event.actor === book.me || connection.state !== 'online') return
    const said = { chat: event.chat, seq: event.seq, author: event.actor ?? '', text: event.text, files: event.files, leads: tabs.leads }
    for (const listener of listeners) listener(said)
  }

  function lost(): void {
    sync.lost()
    connection.lost(!navigator.onLine)
  }

  function refused(code: string): void {
    if (code === 'wire_version_unsupported') connection.to('update')
    else void session.end('session_ended')
  }

  function sessionEnded(ended: string): void {
    if (ended === session.id) void session.end('session_ended')
  }

  /** Everything is as on the server. */
  function current(reset: boolean): void {
    connection.to('online')
    chats.setReady(true)
    people.connected()
    presence.connected()
    for (const talk of talks) talk.refresh()
    reads.flush()
    void outbox.open()
    if (book.emptied.size > 0) void refill(book, ask, people)
    if (!reset) return
    session.rolesChanged() // what was not heard may be that too
    saveSoon()
  }

  function saveSoon(): void {
    saving ??= setTimeout(save, Math.max(0, savedAt + SAVE_EVERY_MS - performance.now()))
  }

  function save(): void {
    clearTimeout(saving)
    saving = undefined
    savedAt = performance.now()
    if (running && tabs.leads) void cache.save(book, connection.state === 'online' ? Date.now() : connection.fresh)
  }

  async function wipe(account: string): Promise<void> {
    stop()
    await cache.wipe(account)
  }

  function stop(): void {
    running = false
    clearTimeout(saving)
    saving = undefined
    link.close()
    sync.lost()
    tabs.close()
    reads.clear()
    outbox.clear()
    drafts.clear()
    presence.clear()
    people.clear()
    book.clear()
    chats.setReady(false)
  }

  async function begin(account: string): Promise<void> {
    running = true
    book.me = account
    await cache.open(account)
    const fresh = await cache.load(book)
    connection.cached(fresh)
    await tabs.open(account, (news) => outbox.heard(news), saveSoon)
    await Promise.all([people.open(), drafts.open(), outbox.open()])
    if (!book.empty) chats.setReady(true)
    for (const talk of talks) talk.refresh()
    link.connect()
  }

  function watchSurroundings(): void {
    addEventListener('online', () => running && link.connect())
    addEventListener('offline', () => {
      link.drop()
      connection.lost(true)
    })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') save()
      else if (running && link.open) void outbox.open()
      else if (running) link.connect()
    })
    addEventListener('pagehide', save)
    setInterval(() => chats.topic.touch(), CLOCK_MS)
    book.topic.on(() => running && saveSoon())
  }

  return {
    session,
    connection,
    chats,
    people,
    outbox,
    drafts,
    commands,
    calls,
    presence,
    search: makeSearch(surely, people),
    async start() {
      watchSurroundings()
      const known = session.remember()
      if (known) void begin(session.account)
      const account = session.account
      while (!(await session.check())) {
        if (!link.open) connection.lost()
        await new Promise((again) => setTimeout(again, ASK_AGAIN_MS))
      }
      if (session.state === 'in' && session.account !== account) await begin(session.account)
    },
    onSaid(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    open(chat, at): Conversation {
      const talk: Talk = new Talk(chat, { ask, book, chats, outbox, people, reads, closed }, at)
      function closed(): void {
        talks.delete(talk)
        if (![...talks].some((other) => other.id === chat)) book.shrink(chat)
      }
      talks.add(talk)
      return talk
    },
  }
}

export const core: Core = makeCore()
