/**
 * Posts that the server has not acknowledged: kept on disk first, sent in order within a chat, tried again by design
 * §4.1. The nonce makes a repeated try harmless (E-1). A refusal stops that post and is shown; the net's failures do not.
 *
 * A post whose files are not finished is held by the server (`pending`) and waits here, in nobody's way, until the log has
 * it. Each connection asks for it once more: the answer says whether it was posted or dropped meanwhile.
 *
 * A post is sent by the tab in which it was written; tabs that are gone leave theirs to the others.
 */
import type { CoreError, OutboxItem, OutboxStore } from './api'
import type { Cache, KeptPost } from './cache'
import { failure, type Ask } from './link'
import { delayAfter, STALE_MS } from './model/backoff'
import type { Message, MessagePosting } from '../wire.gen'
import { Topic } from './topic'

export type OutboxNews = { kind: 'post'; post: KeptPost } | { kind: 'gone'; nonce: string }

interface Ports {
  ask: Ask
  cache: Pick<Cache, 'posts' | 'savePost' | 'dropPost'>
  /** Tell the other tabs. */
  say(news: OutboxNews): void
  living(): Promise<Set<string> | null>
  tab: string
  now(): number
  /** Acknowledged: the message as the server has it. */
  sent(chat: string, message: Message): void
  me(): string
}

interface Entry extends KeptPost {
  state: OutboxItem['state']
  error: CoreError | null
}

export class Outbox implements OutboxStore {
  readonly topic = new Topic()
  #ports: Ports
  /** In the order of writing. */
  #entries: Entry[] = []
  #sending = new Set<string>()
  /** Held posts that were asked for on this connection. */
  #waiting = new Set<string>()
  #timers = new Map<string, ReturnType<typeof setTimeout>>()
  #items: { version: number; list: readonly OutboxItem[] } = { version: -1, list: [] }

  constructor(ports: Ports) {
    this.#ports = ports
  }

  get items(): readonly OutboxItem[] {
    this.topic.track()
    if (this.#items.version !== this.topic.version) {
      this.#items = { version: this.topic.version, list: this.#entries.map((entry) => ({ ...entry })) }
    }
    return this.#items.list
  }

  get count(): number {
    return this.items.length
  }

  /** Take over what closed tabs left, show what other tabs are sending. */
  async open(): Promise<void> {
    this.#waiting.clear()
    const living = await this.#ports.living()
    for (const post of await this.#ports.cache.posts()) {
      const known = this.#entries.find((entry) => entry.nonce === post.nonce)
      const orphan = post.tab !== this.#ports.tab && !(living?.has(post.tab) ?? false)
      if (orphan) {
        const stale = this.#ports.now() - post.created > STALE_MS && !post.held
        const asked = stale ? { state: 'stale' as const, error: failure('stale').error } : { state: 'pending' as const, error: null }
        const own: Entry = { ...post, tab: this.#ports.tab, ...asked }
        this.#put(own)
        void this.#ports.cache.savePost(kept(own))
      } else if (!known) {
        this.#put({ ...post, state: 'pending', error: null })
      }
    }
    this.flush()
  }

  add(post: Omit<KeptPost, 'tab' | 'tries' | 'created' | 'held'>): void {
    const entry: Entry = {
      ...post,
      // later than every other: the order of writing survives a reload
      created: Math.max(this.#ports.now(), (this.#entries.at(-1)?.created ?? 0) + 1),
      tries: 0,
      held: false,
      tab: this.#ports.tab,
      state: 'pending',
      error: null,
    }
    this.#put(entry)
    // On disk before the network, so that a crash between the two loses nothing.
    void this.#ports.cache.savePost(kept(entry)).then(() => this.#next(entry.chat))
    this.#ports.say({ kind: 'post', post: kept(entry) })
  }

  /** From another tab. */
  heard(news: OutboxNews): void {
    if (news.kind === 'gone') this.#remove(news.nonce)
    else if (!this.#entries.some((entry) => entry.nonce === news.post.nonce)) {
      this.#put({ ...news.post, state: 'pending', error: null })
    }
  }

  /** Try at once: the network, the socket or the page is back. */
  flush(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    for (const chat of new Set(this.#entries.map((entry) => entry.chat))) this.#next(chat)
  }

  retry(nonce: string): void {
    const entry = this.#entries.find((one) => one.nonce === nonce)
    if (!entry) return
    this.#change(entry, { state: 'pending', error: null, tab: this.#ports.tab, tries: 0, created: this.#ports.now() })
    void this.#ports.cache.savePost(kept(entry))
    this.#next(entry.chat)
  }

  discard(nonce: string): void {
    if (this.#entries.some((entry) => entry.nonce === nonce && entry.held)) void this.#ports.ask('message.pending_cancel', { post: nonce })
    this.#done(nonce)
  }

  /** The server gave up a held post; asked again, it says why. */
  dropped(nonce: string): void {
    const entry = this.#entries.find((one) => one.nonce === nonce)
    if (!entry) return
    this.#waiting.delete(nonce)
    this.#next(entry.chat)
  }

  #done(nonce: string): void {
    this.#remove(nonce)
    void this.#ports.cache.dropPost(nonce)
    this.#ports.say({ kind: 'gone', nonce })
  }

  /** The chat's log has it, whoever sent it and whether or not the answer came back. */
  seen(nonce: string): void {
    if (this.#entries.some((entry) => entry.nonce === nonce)) this.#done(nonce)
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#waiting.clear()
    this.#entries = []
    this.topic.touch()
  }

  /** Send the chat's first post, unless one is under way or waits for its time. */
  #next(chat: string): void {
    if (this.#sending.has(chat) || this.#timers.has(chat)) return
    const entry = this.#entries.find((one) => one.chat === chat && one.state === 'pending' && !this.#waiting.has(one.nonce))
    if (!entry || entry.tab !== this.#ports.tab) return
    if (this.#ports.now() - entry.created > STALE_MS && !entry.held) {
      this.#change(entry, { state: 'stale', error: failure('stale').error })
      this.#next(chat)
      return
    }
    void this.#send(entry)
  }

  async #send(entry: Entry): Promise<void> {
    const { chat, nonce, text, replyTo, files } = entry
    this.#sending.add(chat)
    const answer = await this.#ports.ask('message.post', { chat, nonce, text, reply_to: replyTo, files: files.map((file) => file.id) })
    this.#sending.delete(chat)
    if (!this.#entries.includes(entry)) {
      this.#next(chat) // discarded or seen in the log meanwhile
    } else if (answer.ok && answer.value.pending) {
      this.#waiting.add(nonce)
      if (!entry.held) {
        this.#change(entry, { held: true })
        void this.#ports.cache.savePost(kept(entry))
      }
      this.#next(chat)
    } else if (answer.ok) {
      // of its files the log knows more: its event is here already, or comes in a moment
      if (files.length === 0) this.#ports.sent(chat, sentMessage(entry, answer.value, this.#ports.me()))
      this.#done(nonce)
      this.#next(chat)
    } else if (answer.error.retryable) {
      entry.tries += 1
      const seconds = typeof answer.error.seconds === 'number' ? answer.error.seconds : 0
      this.#wait(chat, Math.max(seconds * 1000, delayAfter(entry.tries, Math.random())))
    } else {
      entry.held = false // a refused one is no longer the server's
      this.#change(entry, { state: 'failed', error: answer.error })
      this.#next(chat)
    }
  }

  #wait(chat: string, ms: number): void {
    const again = () => {
      this.#timers.delete(chat)
      this.#next(chat)
    }
    this.#timers.set(chat, setTimeout(again, ms))
  }

  #put(entry: Entry): void {
    this.#entries = [...this.#entries.filter((one) => one.nonce !== entry.nonce), entry]
    this.#entries.sort((a, b) => a.created - b.created)
    this.topic.touch()
  }

  #change(entry: Entry, values: Partial<Entry>): void {
    Object.assign(entry, values)
    this.topic.touch()
  }

  #remove(nonce: string): void {
    this.#entries = this.#entries.filter((entry) => entry.nonce !== nonce)
    this.topic.touch()
  }
}

function kept({ nonce, chat, text, replyTo, files, held, created, tries, tab }: Entry): KeptPost {
  return { nonce, chat, text, replyTo, files, held, created, tries, tab }
}

function sentMessage(entry: Entry, posting: MessagePosting, author: string): Message {
  return {
    seq: posting.seq,
    author,
    ts: posting.ts,
    text: entry.text,
    nonce: entry.nonce,
    post_no: posting.post_no,
    reply_to: entry.replyTo,
    forwarded: null,
    edited_ts: null,
    deleted: false,
    reactions: [],
    starred: false,
    files: [],
    mentions: [],
    mentions_all: false,
  }
}
