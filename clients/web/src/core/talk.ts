/**
 * One open conversation: the run of messages that is shown, its pages, its divider, its read marks.
 *
 * A jump outside of what is loaded adds a run, with a gap between that fills when it is seen. The book keeps every run
 * current under events.
 */
import { type ChatItem, type Conversation, type CoreError, type MessageItem, type Outcome } from './api'
import type { Book } from './book'
import type { Chats } from './chats'
import { failure, type Ask } from './link'
import { joinRuns, runOf, type Run } from './model/run'
import { findIn, firstOf, gapsOf, lastOf, reachesPast, type Runs } from './model/runs'
import type { Outbox } from './outbox'
import type { People } from './people'
import type { Reads } from './reads'
import { Topic } from './topic'
import type { MessageHistory } from '../wire.gen'

export const PAGE = 50
const DONE = { ok: true, value: undefined } as const
const GONE_CODES = new Set(['chat_unknown', 'not_member'])

export interface TalkPorts {
  ask: Ask
  book: Book
  chats: Chats
  outbox: Outbox
  people: People
  reads: Reads
  closed(talk: Talk): void
}

export class Talk implements Conversation {
  readonly id: string
  #ports: TalkPorts
  #topic = new Topic()
  #state: Conversation['state'] = 'loading'
  #error: CoreError | null = null
  #loadingBefore = false
  #loadingAfter = false
  #generation = 0
  #unreadFrom = -1
  #asked = new Set<number>()
  /** Gaps being filled, by the seq below them. */
  #filling = new Set<number>()
  #shown: readonly MessageItem[] = []
  #gaps: readonly number[] = []
  #closed = false
  #loading = false
  #at: number | undefined

  constructor(id: string, ports: TalkPorts, at?: number) {
    this.id = id
    this.#ports = ports
    this.#at = at
    this.refresh()
  }

  get chat(): ChatItem | undefined {
    return this.#ports.chats.get(this.id)
  }

  get state(): Conversation['state'] {
    this.#track()
    const { book } = this.#ports
    return this.#state === 'ready' && !book.empty && !book.records.has(this.id) ? 'gone' : this.#state
  }

  get error(): CoreError | null {
    this.#topic.track()
    return this.#error
  }

  get messages(): readonly MessageItem[] {
    this.#topic.track()
    const chat = this.#ports.chats.state(this.id) // tracks everything that an item is made of
    const list = chat ? this.#items(chat) : []
    const same = list.length === this.#shown.length && list.every((one, index) => one === this.#shown[index])
    if (!same) this.#shown = list
    return this.#shown
  }

  get gaps(): readonly number[] {
    this.#track()
    const gaps = gapsOf(this.#runs)
    // the same list while nothing changed: rows are made of it
    if (gaps.join() !== this.#gaps.join()) this.#gaps = gaps
    return this.#gaps
  }

  get moreBefore(): boolean {
    this.#track()
    return this.#runs[0]?.moreBefore ?? false
  }

  get moreAfter(): boolean {
    this.#track()
    return this.#runs.at(-1)?.moreAfter ?? false
  }

  get loadingBefore(): boolean {
    this.#topic.track()
    return this.#loadingBefore
  }

  get loadingAfter(): boolean {
    this.#topic.track()
    return this.#loadingAfter
  }

  get generation(): number {
    this.#topic.track()
    return this.#generation
  }

  get unreadFrom(): number {
    this.#topic.track()
    return Math.max(0, this.#unreadFrom)
  }

  dismissUnread(): void {
    this.#unreadFrom = 0
    this.#topic.touch()
  }

  async loadOlder(): Promise<Outcome> {
    const run = this.#runs[0]
    if (!run?.moreBefore || run.messages.length === 0 || this.#loadingBefore) return DONE
    this.#set(() => (this.#loadingBefore = true))
    const done = await this.#lengthen(firstOf(run), 'up')
    this.#set(() => (this.#loadingBefore = false))
    return done
  }

  async loadNewer(): Promise<Outcome> {
    const run = this.#runs.at(-1)
    if (!run?.moreAfter || run.messages.length === 0 || this.#loadingAfter) return DONE
    this.#set(() => (this.#loadingAfter = true))
    const done = await this.#lengthen(lastOf(run), 'down')
    this.#set(() => (this.#loadingAfter = false))
    return done
  }

  async fillGap(seq: number, from: 'above' | 'below'): Promise<Outcome> {
    const index = this.#runs.findIndex((run) => firstOf(run) === seq)
    const above = this.#runs[index - 1]
    if (index < 1 || !above || this.#filling.has(seq)) return DONE
    this.#filling.add(seq)
    const done = await (from === 'above' ? this.#lengthen(lastOf(above), 'down') : this.#lengthen(seq, 'up'))
    this.#filling.delete(seq)
    return done
  }

  async jumpTo(seq: number): Promise<Outcome> {
    if (findIn(this.#runs, seq)) return DONE
    const page = await this.#page({ around: seq })
    if (!page.ok) return page
    if (!findIn([page.value], seq)) return failure('message_unknown')
    this.#place(page.value)
    return DONE
  }

  async jumpToLatest(): Promise<Outcome> {
    const last = this.#runs.at(-1)
    if (last && !last.moreAfter) return DONE
    const page = await this.#page({})
    if (page.ok) this.#ports.book.setRun(this.id, page.value)
    return page.ok ? DONE : page
  }

  message(seq: number): MessageItem | null | undefined {
    this.#track()
    const chat = this.#ports.chats.state(this.id)
    if (!chat) return undefined
    const found = this.#ports.book.message(this.id, seq)
    if (found === undefined) this.#quote(seq)
    return found && this.#ports.chats.item(found, chat)
  }

  markRead(seq: number): void {
    if (!this.#closed) this.#ports.reads.mark(this.id, seq)
  }

  retry(): void {
    this.#set(() => (this.#state = 'loading'))
    this.refresh()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ports.closed(this)
  }

  /** The book was read anew, or the connection is back: load what is missing now. */
  refresh(): void {
    this.#asked.clear()
    const loaded = this.#runs.length > 0
    if (loaded && this.#state === 'ready') return
    if (loaded && this.#at === undefined && this.#showsFirstUnread()) this.#opened()
    else void this.#load()
  }

  #showsFirstUnread(): boolean {
    const state = this.#ports.book.records.get(this.id)?.state
    return !state || state.unread === 0 || reachesPast(this.#runs, state.view.read_seq)
  }

  get #runs(): Runs {
    return this.#ports.book.runs(this.id)
  }

  /** At the place asked for, else at the first unread message, else at the newest. */
  async #load(): Promise<void> {
    if (this.#loading || this.#ports.book.empty) return
    this.#loading = true
    const state = this.#ports.book.records.get(this.id)?.state
    const at = this.#at ?? (state && state.unread > PAGE / 2 ? state.view.read_seq : undefined)
    const page = await this.#page(at === undefined ? {} : { around: at })
    this.#loading = false
    if (this.#closed) return
    if (page.ok) {
      this.#at = undefined
      this.#place(page.value)
      this.#opened()
      // the newest ones too: they are what can be read without a network later
      void this.jumpToLatest()
    } else if (this.#runs.length > 0 && page.error.retryable) {
      this.#opened() // what the cache has is better than nothing
    } else if (GONE_CODES.has(page.error.code)) {
      this.#set(() => (this.#state = 'gone'))
    } else if (page.error.code !== 'offline') {
      this.#set(() => ((this.#state = 'error'), (this.#error = page.error)))
    }
  }

  /** The divider is set once, at opening. */
  #opened(): void {
    const state = this.#ports.book.records.get(this.id)?.state
    const messages = this.#runs.flatMap((run) => run.messages)
    this.#set(() => {
      this.#state = 'ready'
      this.#error = null
      if (this.#unreadFrom >= 0 || !state || messages.length === 0) return
      const me = this.#ports.book.me
      const first = messages.find((one) => one.seq > state.view.read_seq && one.author !== me && !one.deleted)
      this.#unreadFrom = state.unread > 0 ? (first?.seq ?? 0) : 0
    })
  }

  /** A page with the events since; asked again when the chat moved on too far meanwhile. */
  async #page(where: Omit<MessageHistory, 'chat' | 'limit'>): Promise<Outcome<Run>> {
    for (;;) {
      const answer = await this.#ports.ask('message.history', { chat: this.id, limit: PAGE, ...where })
      if (!answer.ok) return answer
      this.#ports.people.put(answer.value.people)
      // Just joined, and its state is still on its way: `refresh` comes with it.
      if (!this.#ports.book.records.has(this.id)) return failure('offline')
      const run = this.#ports.book.current(this.id, runOf(answer.value))
      if (run) return { ok: true, value: run }
    }
  }

  /** The page beyond one end of a run joins it. */
  async #lengthen(end: number, way: 'up' | 'down'): Promise<Outcome> {
    const page = await this.#page(way === 'up' ? { before: end } : { after: end })
    if (!page.ok) return page
    const run = this.#runs.find((one) => (way === 'up' ? firstOf(one) : lastOf(one)) === end)
    if (run) this.#ports.book.setRun(this.id, way === 'up' ? joinRuns(page.value, run) : joinRuns(run, page.value))
    return DONE
  }

  /** A run beside what was shown: places in the list are new. */
  #place(run: Run): void {
    this.#generation += 1
    this.#ports.book.setRun(this.id, run)
    this.#topic.touch()
  }

  #items(chat: Parameters<Chats['item']>[1]): MessageItem[] {
    const { book, chats, outbox } = this.#ports
    const record = book.records.get(this.id)
    const runs = this.#runs
    const items = runs.flatMap((run) => run.messages.map((message) => chats.item(message, chat)))
    if (runs.length === 0 || this.moreAfter) return items
    for (const message of record?.sent ?? []) items.push(chats.item(message, chat))
    const known = new Set(items.slice(-PAGE).map((item) => item.nonce))
    for (const [index, post] of outbox.items.entries()) {
      if (post.chat === this.id && !known.has(post.nonce)) items.push(chats.items.pending(post, index, book.me))
    }
    return items
  }

  #quote(seq: number): void {
    if (this.#asked.has(seq) || this.#state !== 'ready') return
    this.#asked.add(seq)
    void this.#ports.ask('message.history', { chat: this.id, around: seq, limit: 2 }).then((answer) => {
      if (!answer.ok) return
      this.#ports.people.put(answer.value.people)
      this.#ports.book.refer(this.id, seq, answer.value.messages.find((one) => one.seq === seq) ?? null)
    })
  }

  #track(): void {
    this.#topic.track()
    this.#ports.book.topic.track()
  }

  #set(change: () => void): void {
    change()
    this.#topic.touch()
  }
}
