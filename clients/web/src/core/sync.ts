/**
 * Keeps the book equal to the server: welcome → `sync` with cursors → what was missed; a hole → `sync` again (E-2).
 *
 * Events that come while an answer is awaited wait too and are taken after it, so nothing is applied out of order.
 */
import type { AccountLogEvent, ChatLogEvent, Person, Synced, Welcome } from '../wire.gen'
import type { Book } from './book'
import type { AnyEvent, Ask } from './link'
import { SYNC_CHATS_MAX } from '../wire.gen'

/** More chats than this to read anew: one `chat.list` costs less. */
const GETS_MAX = 20
/** Bursts of deletions ask for the exact state of a chat once. */
const STALE_AFTER_MS = 200
/** We are connected, yet the server would not answer: most likely it is too busy. */
const AGAIN_AFTER_MS = 2_000

type CatchUp = 'done' | 'reset' | 'failed'

export interface SyncListener {
  /** Everything is as on the server. `reset`: what was held was dropped before. */
  current(reset: boolean): void
  people(people: readonly Person[]): void
  /** Every draft that the server has, by chat. */
  drafts(drafts: ReadonlyMap<string, string>): void
  /** Some session of this account ended. */
  sessionEnded(session: string): void
  /** A post that waited for its files will not come. */
  postDropped(nonce: string): void
  /** The account's roles in a school are others now. */
  rolesChanged(): void
}

export class Sync {
  #book: Book
  #ask: Ask
  #listener: SyncListener
  #held: AnyEvent[] = []
  /** While set, events wait: an answer is on its way. */
  #busy = false
  /** Bumped by each connection: an answer to an older one is worth nothing. */
  #round = 0
  #staleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(book: Book, ask: Ask, listener: SyncListener) {
    this.#book = book
    this.#ask = ask
    this.#listener = listener
  }

  welcome(_: Welcome): void {
    this.#held = []
    void this.#run()
  }

  /** The connection is gone: what was awaited will not come. */
  lost(): void {
    this.#round += 1
    this.#busy = true
    this.#held = []
  }

  heard(event: AnyEvent): void {
    if (this.#busy) this.#held.push(event)
    else this.#take(event)
  }

  /** Read everything again («Обновить чат»). */
  again(): void {
    void this.#run()
  }

  async #run(): Promise<void> {
    const round = ++this.#round
    this.#busy = true
    let outcome: CatchUp = this.#book.empty ? 'reset' : await this.#catchUp(round)
    const reset = outcome === 'reset'
    if (reset && round === this.#round) outcome = await this.#loadAll(round)
    if (round !== this.#round) return
    if (outcome === 'failed') setTimeout(() => round === this.#round && void this.#run(), AGAIN_AFTER_MS)
    else this.#done(reset)
  }

  async #catchUp(round: number): Promise<CatchUp> {
    const book = this.#book
    const chats = [...book.records].slice(0, SYNC_CHATS_MAX).map(([chat, { cursor }]) => ({ chat, seq: cursor }))
    const answer = await this.#ask('sync', { epoch: book.epoch, account_seq: book.accountSeq, chats })
    if (!answer.ok || round !== this.#round) return 'failed'
    return answer.value.reset ? 'reset' : this.#apply(round, answer.value)
  }

  async #apply(round: number, synced: Synced): Promise<CatchUp> {
    const book = this.#book
    for (const delta of synced.chats) for (const event of delta.events) book.takeChatEvent(event)
    for (const event of synced.account_events) {
      // entries that the log no longer keeps leave a hole that is none
      book.accountSeq = event.seq - 1
      this.#takeOwn(event)
    }
    book.accountSeq = synced.account_seq
    const anew = new Set(synced.chats.filter((delta) => delta.reset).map((delta) => delta.chat))
    for (const chat of book.joined) anew.add(chat)
    if (anew.size > GETS_MAX) return 'reset'
    for (const read of synced.reads) book.takeRead(read)
    this.#listener.drafts(new Map(synced.drafts.map(({ chat, draft }) => [chat, draft.text])))
    for (const chat of anew) {
      await this.#get(chat, true)
      if (round !== this.#round) return 'failed'
    }
    return 'done'
  }

  async #loadAll(round: number): Promise<CatchUp> {
    const answer = await this.#ask('chat.list', {})
    if (!answer.ok || round !== this.#round) return 'failed'
    const { chats, pins, people, account_seq, epoch } = answer.value
    const book = this.#book
    for (const chat of book.records.keys()) book.dirty.add(chat)
    book.clear(true)
    book.epoch = epoch
    book.accountSeq = account_seq
    book.pins = pins
    for (const chat of chats) book.putState(chat, true)
    this.#listener.people(people)
    this.#listener.drafts(new Map(chats.flatMap(({ id, draft }) => (draft ? [[id, draft.text]] : []))))
    return 'done'
  }

  async #get(chat: string, reset: boolean): Promise<void> {
    const answer = await this.#ask('chat.get', { chat })
    if (answer.ok) {
      this.#listener.people(answer.value.people)
      this.#book.putState(answer.value.chat, reset)
    } else if (answer.error.code === 'not_member' || answer.error.code === 'chat_unknown') {
      this.#book.drop(chat)
    }
  }

  #done(reset: boolean): void {
    this.#busy = false
    this.#listener.current(reset)
    const waiting = this.#held
    this.#held = []
    for (const event of waiting) this.heard(event)
  }

  #take(event: AnyEvent): void {
    if (event.kind === 'read.moved') this.#book.takeRead(event)
    else if (isOwn(event)) this.#checked(event, this.#takeOwn(event))
    else if (isOfChat(event)) this.#checked(event, this.#book.takeChatEvent(event))
    if (this.#book.joined.size > 0 && !this.#busy) void this.#join()
    if (this.#book.stale.size > 0) this.#refreshSoon()
  }

  #takeOwn(event: AccountLogEvent): 'taken' | 'known' | 'gap' {
    const taken = this.#book.takeAccountEvent(event)
    if (taken === 'taken' && event.kind === 'session.ended') this.#listener.sessionEnded(event.session)
    if (taken === 'taken' && event.kind === 'post.dropped') this.#listener.postDropped(event.nonce)
    if (taken === 'taken' && event.kind === 'roles.changed') this.#listener.rolesChanged()
    return taken
  }

  #checked(event: AnyEvent, taken: 'taken' | 'known' | 'gap'): void {
    if (taken !== 'gap') return
    this.#busy = true
    this.#held.push(event)
    void this.#run()
  }

  async #join(): Promise<void> {
    const round = this.#round
    this.#busy = true
    for (const chat of [...this.#book.joined]) {
      await this.#get(chat, true)
      if (round !== this.#round) return
      this.#book.joined.delete(chat)
    }
    this.#done(false)
  }

  #refreshSoon(): void {
    this.#staleTimer ??= setTimeout(() => {
      this.#staleTimer = undefined
      const chats = [...this.#book.stale]
      this.#book.stale.clear()
      for (const chat of chats) void this.#get(chat, false)
    }, STALE_AFTER_MS)
  }
}

function isOwn(event: AnyEvent): event is AccountLogEvent {
  return OWN.has(event.kind)
}

function isOfChat(event: AnyEvent): event is ChatLogEvent {
  return 'actor' in event && 'seq' in event
}

/** A record, so that the compiler asks for a new event here: one that is missed looks like a gap of the log. */
const OWN_KINDS: Record<AccountLogEvent['kind'], true> = {
  'chat.joined': true,
  'chat.left': true,
  'chat.view_changed': true,
  'message.starred': true,
  'message.unstarred': true,
  'messages.hidden': true,
  'session.ended': true,
  'application.decided': true,
  'entry.changed': true,
  'family.changed': true,
  'roles.changed': true,
  'block.changed': true,
  'contact.claimed': true,
  'file.finished': true,
  'post.dropped': true,
}
const OWN: ReadonlySet<string> = new Set(Object.keys(OWN_KINDS))
