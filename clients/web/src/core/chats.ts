/** The list of chats as screens take it: book, overlays, outbox and names put together. Changes nothing. */
import type { ChatItem, ChatsStore, MessageItem } from './api'
import type { Book } from './book'
import { Items } from './items'
import { isArchived, isMuted, ordered } from './model/listing'
import type { Outbox } from './outbox'
import type { Overlays } from './overlay'
import type { People } from './people'
import { Topic } from './topic'
import type { ChatState, Message } from '../wire.gen'

interface Shown {
  key: string
  list: readonly ChatItem[]
  archived: readonly ChatItem[]
  pins: readonly string[]
  all: Map<string, ChatItem>
  states: Map<string, ChatState>
}

export class Chats implements ChatsStore {
  readonly items = new Items()
  /** `ready`, and time that passes: a mute that ends. */
  readonly topic = new Topic()
  #book: Book
  #overlays: Overlays
  #outbox: Outbox
  #people: People
  #now: () => number
  #ready = false
  #shown: Shown = { key: '', list: [], archived: [], pins: [], all: new Map(), states: new Map() }

  constructor(book: Book, overlays: Overlays, outbox: Outbox, people: People, now: () => number) {
    this.#book = book
    this.#overlays = overlays
    this.#outbox = outbox
    this.#people = people
    this.#now = now
  }

  get ready(): boolean {
    this.topic.track()
    return this.#ready
  }

  setReady(ready: boolean): void {
    this.#ready = ready
    this.topic.touch()
  }

  get list(): readonly ChatItem[] {
    return this.#look().list
  }

  get archived(): readonly ChatItem[] {
    return this.#look().archived
  }

  get pins(): readonly string[] {
    return this.#look().pins
  }

  get unreadChats(): number {
    return this.list.filter((chat) => !chat.muted && (chat.unread > 0 || chat.markedUnread)).length
  }

  get unreadMutedChats(): number {
    return this.list.filter((chat) => chat.muted && (chat.unread > 0 || chat.markedUnread)).length
  }

  get(chat: string): ChatItem | undefined {
    return this.#look().all.get(chat)
  }

  /** The state with everything drawn over it, for whoever makes items of its messages. */
  state(chat: string): ChatState | undefined {
    return this.#look().states.get(chat)
  }

  item(message: Message, chat: ChatState): MessageItem {
    const shown = this.#overlays.message(chat.id, message)
    return this.items.sent(shown, chat, this.#book.me, this.#now())
  }

  #look(): Shown {
    const topics = [this.#book.topic, this.#overlays.topic, this.#outbox.topic, this.#people.topic, this.topic]
    for (const topic of topics) topic.track()
    const key = topics.map((topic) => topic.version).join()
    if (this.#shown.key !== key) this.#shown = this.#make(key)
    return this.#shown
  }

  #make(key: string): Shown {
    const now = this.#now()
    const chats = new Map([...this.#book.records].map(([id, record]) => [id, record.state]))
    const listing = this.#overlays.listing({ chats, pins: this.#book.pins })
    const unsent = new Map<string, MessageItem>()
    for (const [index, post] of this.#outbox.items.entries()) {
      unsent.set(post.chat, this.items.pending(post, index, this.#book.me))
    }
    const touched = new Map([...unsent].map(([chat, item]) => [chat, item.ts]))
    const { list, archived } = ordered(listing, now, touched)
    const make = (state: ChatState) => this.#item(state, listing.pins, unsent.get(state.id), now)
    const shown = { key, list: list.map(make), archived: archived.map(make), pins: listing.pins }
    const all = new Map([...shown.list, ...shown.archived].map((item) => [item.id, item]))
    return { ...shown, all, states: new Map(listing.chats) }
  }

  #item(state: ChatState, pins: readonly string[], unsent: MessageItem | undefined, now: number): ChatItem {
    const peer = state.peer ?? ''
    const last = state.last_message && this.item(state.last_message, state)
    const item: ChatItem = {
      id: state.id,
      kind: state.kind,
      title: peer === '' ? state.title : (this.#people.get(peer)?.name ?? ''),
      peer,
      membersCount: state.members_count,
      myRole: state.my_role,
      pinPolicy: state.pin_policy,
      canPinMessages: state.kind === 'direct' || state.pin_policy === 'everyone' || state.my_role !== 'member',
      canWrite: state.kind === 'direct' || state.write_policy === 'everyone' || state.my_role !== 'member',
      slowS: state.kind === 'direct' || state.my_role !== 'member' ? 0 : state.slow_s,
      unread: state.unread,
      markedUnread: state.view.marked_unread,
      mutedUntil: state.view.muted_until ?? 0,
      muted: isMuted(state, now),
      pinned: pins.includes(state.id),
      archived: !pins.includes(state.id) && isArchived(state, now),
      readSeq: state.view.read_seq,
      pinnedMessages: state.pinned_messages,
      last: unsent ?? last,
      lastTs: Math.max(state.last_ts, unsent?.ts ?? 0),
    }
    const before = this.#shown.all.get(state.id)
    return before && same(before, item) ? before : item
  }
}

/** Shallow: an unchanged chat keeps its identity, so its row is not drawn again. */
function same(a: ChatItem, b: ChatItem): boolean {
  return (Object.keys(b) as (keyof ChatItem)[]).every((key) => a[key] === b[key])
}
