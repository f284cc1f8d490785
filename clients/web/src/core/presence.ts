/** Who is typing and who has read how far (E-4). Told and forgotten: nothing of it is kept, a lost word costs nothing. */
import type { PresenceStore } from './api'
import type { AnyEvent, Ask } from './link'
import { Topic } from './topic'
import type { ReadMark } from '../wire.gen'

/** The server tells no more than one in that time of each typist. */
const TELL_EVERY_MS = 3_000
/** Somebody who was last heard of so long ago types no more. */
const TYPES_FOR_MS = 6_000

export class Presence implements PresenceStore {
  readonly topic = new Topic()
  #ask: Ask
  #me: () => string
  #now: () => number
  /** When the own typing was told last, by chat. */
  #told = new Map<string, number>()
  /** chat → account → the end of what is shown. */
  #typing = new Map<string, Map<string, ReturnType<typeof setTimeout>>>()
  /** chat → account → mark; asked for once for each connection. */
  #reads = new Map<string, Map<string, number>>()

  constructor(ask: Ask, me: () => string, now: () => number) {
    this.#ask = ask
    this.#me = me
    this.#now = now
  }

  /** True when the event was of this kind. */
  heard(event: AnyEvent): boolean {
    if (event.kind === 'presence.typing_told') this.#typed(event.chat, event.account)
    else if (event.kind === 'reads.moved') this.#moved(event.chat, event.reads)
    else {
      if (event.kind === 'message.posted') this.#stopped(event.chat, event.actor ?? '')
      return false
    }
    return true
  }

  /** Connected anew: marks may have moved unheard. */
  connected(): void {
    this.#reads.clear()
    this.#told.clear()
    this.topic.touch()
  }

  clear(): void {
    for (const accounts of this.#typing.values()) for (const timer of accounts.values()) clearTimeout(timer)
    this.#typing.clear()
    this.connected()
  }

  type(chat: string): void {
    const now = this.#now()
    if (now - (this.#told.get(chat) ?? -TELL_EVERY_MS) < TELL_EVERY_MS) return
    this.#told.set(chat, now)
    void this.#ask('presence.typing', { chat })
  }

  typing(chat: string): readonly string[] {
    this.topic.track()
    return [...(this.#typing.get(chat)?.keys() ?? [])]
  }

  readBy(chat: string, seq: number): readonly string[] {
    this.topic.track()
    const marks = this.#reads.get(chat)
    if (marks === undefined) {
      this.#reads.set(chat, new Map())
      void this.#fetch(chat)
    }
    return [...(marks ?? [])].filter(([, read]) => read >= seq).map(([account]) => account)
  }

  async #fetch(chat: string): Promise<void> {
    const marks = this.#reads.get(chat)
    const answer = await this.#ask('chat.reads', { chat })
    // else: forgotten meanwhile, and asked for again by whoever reads
    if (answer.ok && this.#reads.get(chat) === marks) this.#moved(chat, answer.value.reads)
  }

  #moved(chat: string, reads: readonly ReadMark[]): void {
    const marks = this.#reads.get(chat)
    if (marks === undefined) return // nobody looks; who will, asks
    for (const { account, read_seq } of reads) {
      if (account !== this.#me()) marks.set(account, Math.max(read_seq, marks.get(account) ?? 0))
    }
    this.topic.touch()
  }

  #typed(chat: string, account: string): void {
    if (account === this.#me()) return
    const accounts = this.#typing.get(chat) ?? new Map<string, ReturnType<typeof setTimeout>>()
    this.#typing.set(chat, accounts)
    clearTimeout(accounts.get(account))
    accounts.set(account, setTimeout(() => this.#stopped(chat, account), TYPES_FOR_MS))
    this.topic.touch()
  }

  #stopped(chat: string, account: string): void {
    const accounts = this.#typing.get(chat)
    if (!accounts?.has(account)) return
    clearTimeout(accounts.get(account))
    accounts.delete(account)
    this.topic.touch()
  }
}
