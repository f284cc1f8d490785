/**
 * One open conversation: the run of messages that is shown, its pages, its divider, its read marks.
 *
 * One `Talk` shows one unbroken run; a jump outside replaces it. The book keeps the run current under events.
 */
import { type ChatItem, type Conversation, type CoreError, type MessageItem, type Outcome } from './api'
import type { Book } from './book'
import type { Chats } from './chats'
import { failure, type Ask } from './link'
import { indexOf, joinRuns, runOf, type Run } from './model/run'
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
  #shown: readonly MessageItem[] = []
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

  get moreBefore(): boolean {
    this.#track()
    return this.#run?.moreBefore ?? false
  }

  get moreAfter(): boolean {
    this.#track()
    return this.#run?.moreAfter ?? false
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
    const run = this.#run
    const first = run?.messages[0]
    if (!run?.moreBefore || !first || this.#loadingBefore) return DONE
    this.#set(() => (this.#loadingBefore = true))
    const page = await this.#page({ before: first.seq })
    this.#set(() => (this.#loadingBefore = false))
    if (!page.ok) return page
    const now = this.#run
    if (now?.messages[0]?.seq === first.seq) this.#ports.book.setRun(this.id, joinRuns(page.value, now))
    return DONE
  }

  async loadNewer(): Promise<Outcome> {
    const run = this.#run
    const last = run?.messages.at(-1)
    if (!run?.moreAfter || !last || this.#loadingAfter) return DONE
    this.#set(() => (this.#loadingAfter = true))
    const page = await this.#page({ after: last.seq })
    this.#set(() => (this.#loadingAfter = false))
    if (!page.ok) return page
    const now = this.#run
    if (now?.messages.at(-1)?.seq === last.seq) this.#ports.book.setRun(this.id, joinRuns(now, page.value))
    return DONE
  }

  async jumpTo(seq: number): Promise<Outcome> {
    if (this.#run && indexOf(this.#run.messages, seq) >= 0) return DONE
    const tail = this.#ports.book.records.get(this.id)?.tail
    if (tail && indexOf(tail.messages, seq) >= 0) {
      this.#replace(tail)
      return DONE
    }
    const page = await this.#page({ around: seq })
    if (!page.ok) return page
    if (indexOf(page.value.messages, seq) < 0) return failure('message_unknown')
    this.#replace(page.value)
    return DONE
  }

  async jumpToLatest(): Promise<Outcome> {
    if (this.#run && !this.#run.moreAfter) return DONE
    const tail = this.#ports.book.records.get(this.id)?.tail
    if (tail) {
      this.#replace(tail)
      return DONE
    }
    const page = await this.#page({})
    if (page.ok) this.#replace(page.value)
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
    const run = this.#run
    if (run && this.#state === 'ready') return
    if (run && this.#at === undefined && this.#showsFirstUnread(run)) this.#opened()
    else void this.#load()
  }

  #showsFirstUnread(run: Run): boolean {
    const state = this.#ports.book.records.get(this.id)?.state
    if (!state || state.unread === 0 || !run.moreBefore) return true
    return (run.messages[0]?.seq ?? Infinity) <= state.view.read_seq
  }

  get #run(): Run | null {
    const record = this.#ports.book.records.get(this.id)
    return record ? (record.view ?? record.tail) : null
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
      this.#replace(page.value)
      this.#opened()
    } else if (this.#run && page.error.code === 'offline') {
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
    const run = this.#run
    this.#set(() => {
      this.#state = 'ready'
      this.#error = null
      if (this.#unreadFrom >= 0 || !state || !run) return
      const me = this.#ports.book.me
      const first = run.messages.find((one) => one.seq > state.view.read_seq && one.author !== me && !one.deleted)
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

  #replace(run: Run): void {
    this.#generation += 1
    this.#ports.book.setRun(this.id, run)
    this.#topic.touch()
  }

  #items(chat: Parameters<Chats['item']>[1]): MessageItem[] {
    const { book, chats, outbox } = this.#ports
    const record = book.records.get(this.id)
    const run = this.#run
    const items = (run?.messages ?? []).map((message) => chats.item(message, chat))
    if (!run || run.moreAfter) return items
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
