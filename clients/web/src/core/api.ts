/**
 * What the screens may use of the core: one object, `core`, made in `src/core/index.svelte.ts`. Types only.
 *
 * Every readonly property below is a rune: read it in a template, a `$derived` or an `$effect` and it is tracked.
 * Lists are new arrays when something in them changed, and unchanged elements keep their identity.
 * Nothing here throws or rejects: a command answers `{ok: true, value}` or `{ok: false, error}` (E-15).
 * Reading is always synchronous and from memory; what is missing is asked for in the background and appears.
 */
import type { CallChannel } from './calls'
import type { Attachment, ChatKind, ChatRole, FoundMessage, Member, Message, MessageSearch, Person, PinPolicy, MessageReport, SchoolRole } from '../wire.gen'

export type { Attachment, ChatKind, ChatRole, FoundMessage, Member, Message, Person, PinPolicy, SchoolRole }
export type ReportReason = MessageReport['reason']

/** A refusal of the server's one table, or one of the core's own: `offline`, `timeout`, `left` (log-in ended). */
export interface CoreError {
  code: string
  /** Russian and English, with the fields filled in; empty for the core's own codes. */
  message: string
  message_en: string
  retryable: boolean
  mender: 'you' | 'sender' | 'teacher' | 'administrator' | 'operator' | 'nobody'
  /** Fields of the error: `limit`, `seconds`, `id`… Of the core's own: `lost`, when it went out and no answer came. */
  [field: string]: string | number | boolean
}
export type Outcome<T = undefined> = { ok: true; value: T } | { ok: false; error: CoreError }

export interface Core {
  /** Ask who is logged in, open the cache, connect. Once, from the application's root. */
  start(): Promise<void>
  readonly session: SessionStore
  readonly connection: ConnectionStore
  readonly chats: ChatsStore
  readonly people: PeopleStore
  readonly outbox: OutboxStore
  readonly drafts: DraftsStore
  readonly commands: Commands
  readonly calls: CallChannel
  readonly search: SearchStore
  readonly presence: PresenceStore
  /**
   * Called for each message of somebody else as it is said, not for what is caught up with later. `leads` is true in one
   * tab of the account. Gives the way to stop.
   */
  onSaid(listener: (said: Said) => void): () => void
  /** The open conversation of a chat. Call in an effect by chat id and `close()` in its clean-up. */
  open(chat: string, at?: number): Conversation
}

export interface Said {
  chat: string
  seq: number
  author: string
  text: string
  files: readonly Attachment[]
  leads: boolean
}

export interface SessionStore {
  /** `starting` until `/api/me` or the cache has answered. `out`: show log-in. */
  readonly state: 'starting' | 'in' | 'out'
  /** Why log-in is shown: `session_ended` by another device or the server, `left` by the user. */
  readonly reason: '' | 'session_ended' | 'left'
  /** Id of the account, '' while out. */
  readonly account: string
  readonly name: string
  /** From config.toml; `rtserver` and '' until known. */
  readonly brand: string
  readonly support: string
  /** Counts changes of the own roles: what depends on them is asked for again. */
  readonly rolesVersion: number
  /** Ends the session and wipes everything local of this account. Warn first when `outbox.count > 0`. */
  logout(): Promise<Outcome>
}

export interface ConnectionStore {
  /**
   * `online`: connected and caught up. `syncing`: connected, catching up. `connecting`: trying.
   * `offline`: the device says it has no network, or trying failed for 2 s and more.
   * `update`: the server speaks a newer protocol; only a reload helps.
   */
  readonly state: 'connecting' | 'syncing' | 'online' | 'offline' | 'update'
  /** When `state` began, unix ms. */
  readonly since: number
  /** Unix ms of the last moment at which the shown data was known to be current; 0 never («Данные на {time}»). */
  readonly fresh: number
  /** Try at once («Повторить»). */
  retry(): void
}

export interface MessageItem extends Message {
  /** Stays the same when a pending message is acknowledged: use it as the key of lists. */
  key: string
  chat: string
  own: boolean
  /** A pending or failed one has a `seq` of 2**52 and more, above every real one. */
  state: 'sent' | 'pending' | 'failed'
  /** Of a failed one: the refusal, or `stale` when older than 24 h («Отправить сейчас?»). */
  error: CoreError | null
  pinned: boolean
  /** By the rules of the server as far as the client knows them; the server decides. */
  canEdit: boolean
  canDeleteForEveryone: boolean
}

export interface ChatItem {
  id: string
  kind: ChatKind
  /** Of a direct chat the other's name. */
  title: string
  /** Of a direct chat the other's id, else ''. */
  peer: string
  membersCount: number
  myRole: ChatRole
  pinPolicy: PinPolicy
  canPinMessages: boolean
  /** False in a chat that is read-only for the own role. */
  canWrite: boolean
  /** Seconds between own messages; 0 none, also for whom the rule does not bind. */
  slowS: number
  /** Exact count; own messages never count. */
  unread: number
  markedUnread: boolean
  /** Unix ms, 0 when not muted. `muted` is re-evaluated when it passes. */
  mutedUntil: number
  muted: boolean
  pinned: boolean
  archived: boolean
  readSeq: number
  /** Seqs of pinned messages, oldest pin first. */
  pinnedMessages: readonly number[]
  /** The newest, with own unsent ones counted in. */
  last: MessageItem | null
  lastTs: number
}

export interface ChatsStore {
  /** False until the cache or the server has answered: draw skeletons. */
  readonly ready: boolean
  /** Not archived: pinned ones in their order, then by the last message, newest first. */
  readonly list: readonly ChatItem[]
  /** Archived and not brought back by a newer message, newest first. */
  readonly archived: readonly ChatItem[]
  /** Ids of pinned chats in order. */
  readonly pins: readonly string[]
  /** Chats with something unread: for the badge («Сообщения»). Archived ones are not counted. */
  readonly unreadChats: number
  readonly unreadMutedChats: number
  get(chat: string): ChatItem | undefined
}

export interface Conversation {
  readonly id: string
  /** Undefined when the account is not in it. */
  readonly chat: ChatItem | undefined
  /** `gone`: no such chat or not a member (P). `error`: loading failed, `retry()`. `ready` may come from the cache. */
  readonly state: 'loading' | 'ready' | 'error' | 'gone'
  readonly error: CoreError | null
  /**
   * What is loaded, oldest first, own pending ones last. It grows by loadOlder/loadNewer; a jump outside of it adds a
   * run with a gap between. Tombstones are in it.
   */
  readonly messages: readonly MessageItem[]
  /** Seqs of the messages that stand directly below a gap, oldest first. */
  readonly gaps: readonly number[]
  readonly moreBefore: boolean
  /** True when `messages` does not reach the newest one: new ones are not appended then. */
  readonly moreAfter: boolean
  readonly loadingBefore: boolean
  readonly loadingAfter: boolean
  /** Bumped when a run was put beside the others: forget places in the list. */
  readonly generation: number
  /** Seq of the first message unread at opening, 0 when none: the divider. Stays until closed or dismissed. */
  readonly unreadFrom: number
  dismissUnread(): void
  /** A page of 50; safe to call often, at once nothing when there is no more or one is running. */
  loadOlder(): Promise<Outcome>
  loadNewer(): Promise<Outcome>
  /** Read on into the gap above the message `seq`, from the side that is looked at. Safe to call often. */
  fillGap(seq: number, from: 'above' | 'below'): Promise<Outcome>
  /** Make `seq` part of what is loaded (±25 when outside). `message_unknown` when it cannot be seen. */
  jumpTo(seq: number): Promise<Outcome>
  jumpToLatest(): Promise<Outcome>
  /** A message by seq wherever it is (quotes, pinned bar). undefined: being fetched; null: cannot be seen. */
  message(seq: number): MessageItem | null | undefined
  /** It was seen for long enough. Sent at most every 2 s, the highest wins; the unread count follows at once. */
  markRead(seq: number): void
  retry(): void
  close(): void
}

export interface PeopleStore {
  /** Undefined while being fetched or when not visible (E-14): show «Участник чата». */
  get(account: string): Person | undefined
  /** People the user may write to (D17), by prefix of any part of the name. Offline: among those known. */
  contacts(query: string): Promise<Outcome<readonly Person[]>>
}

/** A file of a post that is not in the log: what its picker knows, until the server has looked into it. */
export interface OutboxFile extends Attachment {
  /** Unix ms of its last change: the same file chosen again goes on where it stopped. */
  modified: number
}
export interface OutboxItem {
  nonce: string
  chat: string
  text: string
  replyTo: number | null
  files: readonly OutboxFile[]
  /** The server has it and waits for its files: closing the page loses nothing but their bytes. */
  held: boolean
  /** Unix ms. */
  created: number
  tries: number
  state: 'pending' | 'failed' | 'stale'
  error: CoreError | null
}
export interface OutboxStore {
  readonly count: number
  readonly items: readonly OutboxItem[]
  /** Of a failed or stale one. */
  retry(nonce: string): void
  /** Also takes back what the server holds. */
  discard(nonce: string): void
}

export interface DraftsStore {
  /** '' when none. Kept in the account's cache 300 ms after the last change, told to the server a second after it. */
  get(chat: string): string
  /** Counts drafts of the chat that came from other devices: an open field takes `get` anew. */
  arrived(chat: string): number
  set(chat: string, text: string): void
}

/** `next` goes into the next question as `page`; `total` comes with the first page of one chat, null when it is not known. */
export interface FoundPage {
  items: readonly FoundMessage[]
  next: string | null
  total: number | null
}

export interface PresenceStore {
  /** Accounts that are typing in a chat now, the own one left out. */
  typing(chat: string): readonly string[]
  /** The own typing; told at most once in 3 s, however often it is called. */
  type(chat: string): void
  /** Others who have read up to `seq`. Empty in chats of more than 100, and until the server has answered. */
  readBy(chat: string, seq: number): readonly string[]
}

export interface SearchStore {
  messages(wanted: MessageSearch): Promise<Outcome<FoundPage>>
  /** Seq of the first message at or after a time (unix ms), to jump to; null when nothing is that new. */
  at(chat: string, ts: number): Promise<Outcome<number | null>>
}

export interface Starred {
  chat: string
  message: MessageItem
}

/** Shown at once where that is safe (react, star, pin, views, edit) and rolled back on refusal. */
export interface Commands {
  /** Into the outbox and the list at once, in the same frame; never fails here. Gives the nonce. */
  post(chat: string, text: string, replyTo?: number | null, files?: readonly OutboxFile[]): string
  edit(chat: string, seq: number, text: string): Promise<Outcome>
  remove(chat: string, seqs: readonly number[], scope: 'me' | 'everyone'): Promise<Outcome>
  forward(chat: string, seqs: readonly number[], to: readonly string[], comment?: string): Promise<Outcome>
  pinMessage(chat: string, seq: number, on: boolean): Promise<Outcome>
  star(chat: string, seq: number, on: boolean): Promise<Outcome>
  react(chat: string, seq: number, emoji: string, on: boolean): Promise<Outcome>
  /** To the school's administrators. Again for the same message changes nothing. */
  report(chat: string, seq: number, reason: ReportReason, comment: string): Promise<Outcome>
  starred(chat?: string): Promise<Outcome<readonly Starred[]>>

  pinChat(chat: string, on: boolean): Promise<Outcome>
  /** All pinned chats in their new order. */
  orderPins(chats: readonly string[]): Promise<Outcome>
  archive(chat: string, on: boolean): Promise<Outcome>
  markUnread(chat: string): Promise<Outcome>
  markRead(chat: string): Promise<Outcome>
  /** Unix ms; 0 unmutes; `MUTED_FOR_GOOD`. */
  mute(chat: string, until: number): Promise<Outcome>

  /** Gives the chat's id; opens the existing direct chat. */
  createDirect(person: string): Promise<Outcome<string>>
  createGroup(title: string, members: readonly string[]): Promise<Outcome<string>>
  rename(chat: string, title: string): Promise<Outcome>
  setPinPolicy(chat: string, policy: PinPolicy): Promise<Outcome>
  leave(chat: string): Promise<Outcome>
  members(chat: string): Promise<Outcome<readonly Member[]>>
  addMembers(chat: string, accounts: readonly string[]): Promise<Outcome>
  removeMember(chat: string, account: string): Promise<Outcome>
  setRole(chat: string, account: string, role: ChatRole): Promise<Outcome>
}

/** Largest time that `chat.mute` takes without leaving the safe numbers: the year 2100. */
export const MUTED_FOR_GOOD = 4_102_444_800_000
/** Seq of own unsent messages starts here. */
export const PENDING_SEQ = 2 ** 52
