/**
 * Everything the account's chats are known to be: states, runs of messages, cursors; and the intake of events in order.
 *
 * Asks nobody and keeps nothing: `Sync` feeds it, the cache saves it, the stores read it. What it cannot know from
 * events alone it names in `stale`.
 */
import type { AccountLogEvent, ChatLogEvent, ChatState, Message, ReadMoved, ReadState } from '../wire.gen'
import { applyOwn, applyToChat, foreseeRead, moveRead, type Applied } from './model/chat'
import { applyToMessage } from './model/message'
import { applyToRun, catchUp, changeOne, find, tailOf, without, type Run } from './model/run'
import { findIn, placeRun, type Runs } from './model/runs'
import { Topic } from './topic'

/** Events of a chat kept to bring pages up to date that were read while events came. */
const RECENT = 500

export interface ChatRecord {
  state: ChatState
  /** Seq of the last event taken; the next must be one more. */
  cursor: number
  /** The run that reaches the newest message. */
  tail: Run | null
  /** Runs before it that an open conversation looked at, with gaps between. */
  earlier: Runs
  recent: ChatLogEvent[]
  /** Messages outside of the runs that something refers to: quotes, pins. Null cannot be seen. */
  extra: Map<number, Message | null>
  /** Own messages that are acknowledged while their event is still on its way. */
  sent: readonly Message[]
}

/** What an event means for whoever asks the server. */
export type Taken = 'taken' | 'known' | 'gap'

export class Book {
  readonly records = new Map<string, ChatRecord>()
  pins: readonly string[] = []
  epoch = ''
  accountSeq = 0
  me = ''
  /** Of chats and their runs. */
  readonly topic = new Topic()
  /** Chats whose cache is behind. */
  readonly dirty = new Set<string>()
  /** Chats whose state must be asked for again. */
  readonly stale = new Set<string>()
  /** Chats whose newest messages were dropped with their state: offline reading wants them back. */
  readonly emptied = new Set<string>()
  /** Chats that the account has joined and whose state is unknown. */
  readonly joined = new Set<string>()

  /** Told of the nonce of each own message that the log has. */
  posted: (nonce: string) => void = () => undefined

  get empty(): boolean {
    return this.epoch === ''
  }

  /** Drops everything; `again` when it is about to be read anew. */
  clear(again = false): void {
    if (!again) this.emptied.clear()
    else for (const [chat, { tail }] of this.records) if (tail) this.emptied.add(chat)
    this.records.clear()
    this.pins = []
    this.epoch = ''
    this.accountSeq = 0
    this.stale.clear()
    this.joined.clear()
    this.topic.touch()
  }

  /** A fresh state from the server. `reset` drops the runs: events between may be missing. */
  putState(state: ChatState, reset: boolean): void {
    const record = this.records.get(state.id)
    if (record === undefined || reset) {
      if (record?.tail) this.emptied.add(state.id)
      this.records.set(state.id, { state, cursor: state.head, tail: null, earlier: [], recent: [], extra: new Map(), sent: [] })
    } else {
      const behind = record.recent.filter((event) => event.seq > state.head)
      const read = moveRead(state, record.state.view.read_seq, state.unread)
      record.state = behind.reduce((chat, event) => this.#applied(record, chat, event), read)
    }
    this.joined.delete(state.id)
    this.changed(state.id)
  }

  drop(chat: string): void {
    this.records.delete(chat)
    this.pins = this.pins.filter((id) => id !== chat)
    this.joined.delete(chat)
    this.changed(chat)
  }

  takeChatEvent(event: ChatLogEvent): Taken {
    const record = this.records.get(event.chat)
    if (record === undefined) return 'known' // chat.joined brings the whole state
    if (event.seq <= record.cursor) return 'known'
    if (event.seq !== record.cursor + 1) return 'gap'
    record.state = this.#applied(record, record.state, event)
    if (record.tail) record.tail = applyToRun(record.tail, event)
    record.earlier = record.earlier.map((run) => applyToRun(run, event))
    if (event.kind === 'message.posted' && event.actor === this.me) this.posted(event.nonce)
    const referred = 'target' in event ? record.extra.get(event.target) : undefined
    if (referred) record.extra.set(referred.seq, applyToMessage(referred, event))
    record.cursor = event.seq
    if (record.sent.length > 0) record.sent = record.sent.filter((one) => one.seq > event.seq)
    record.recent.push(event)
    if (record.recent.length > RECENT) record.recent.splice(0, RECENT / 2)
    if (event.kind === 'member.removed' && event.account === this.me) this.drop(event.chat)
    this.changed(event.chat)
    return 'taken'
  }

  takeAccountEvent(event: AccountLogEvent): Taken {
    if (event.seq <= this.accountSeq) return 'known'
    if (event.seq !== this.accountSeq + 1) return 'gap'
    this.accountSeq = event.seq
    if (!('chat' in event) || event.kind === 'application.decided') return 'taken' // not of the list of chats
    if (event.kind === 'chat.joined') this.joined.add(event.chat)
    if (event.kind === 'chat.left') this.drop(event.chat)
    if (event.kind === 'chat.view_changed') this.pins = event.pins
    const record = this.records.get(event.chat)
    if (record) {
      record.state = this.#noted(event.chat, applyOwn(record.state, event))
      if (event.kind === 'messages.hidden') this.#onRuns(record, (run) => without(run, event.targets))
      if (event.kind === 'message.starred' || event.kind === 'message.unstarred') {
        const starred = event.kind === 'message.starred'
        this.changeMessage(event.chat, event.target, (m) => (m.deleted ? m : { ...m, starred }))
      }
    }
    this.changed(event.chat)
    return 'taken'
  }

  takeRead(read: ReadMoved | ReadState): void {
    const record = this.records.get(read.chat)
    if (record === undefined) return
    record.state = moveRead(record.state, read.read_seq, read.unread)
    this.changed(read.chat)
  }

  /** The own mark, before the server has answered. */
  foresee(chat: string, seq: number): void {
    const record = this.records.get(chat)
    if (record === undefined) return
    const near = runsOf(record).find((run) => find(run, seq))
    record.state = foreseeRead(record.state, seq, this.me, near?.messages ?? [])
    this.changed(chat)
  }

  /** Acknowledged; its event may come a moment later. */
  sent(chat: string, message: Message): void {
    const record = this.records.get(chat)
    if (record === undefined || record.cursor >= message.seq) return
    record.sent = [...record.sent, message]
    this.changed(chat)
  }

  /** A run as just read, with the events since; null when it must be read again. */
  current(chat: string, run: Run): Run | null {
    const record = this.records.get(chat)
    return record ? catchUp(run, record.recent, record.cursor) : null
  }

  /** Everything loaded of a chat, oldest first. */
  runs(chat: string): Runs {
    const record = this.records.get(chat)
    return record ? runsOf(record) : []
  }

  /** A run as just read. One that reaches the end becomes the chat's tail. */
  setRun(chat: string, run: Run): void {
    const record = this.records.get(chat)
    if (record === undefined) return
    const all = placeRun(runsOf(record), run)
    const last = all.at(-1)
    const ends = last !== undefined && !last.moreAfter
    record.tail = ends ? last : null
    record.earlier = ends ? all.slice(0, -1) : all
    this.changed(chat)
  }

  /** A closed conversation keeps the newest messages only. */
  shrink(chat: string): void {
    const record = this.records.get(chat)
    if (record === undefined) return
    record.earlier = []
    if (record.tail) record.tail = tailOf(record.tail)
  }

  message(chat: string, seq: number): Message | null | undefined {
    const record = this.records.get(chat)
    return record && (findIn(runsOf(record), seq) ?? record.extra.get(seq))
  }

  refer(chat: string, seq: number, message: Message | null): void {
    this.records.get(chat)?.extra.set(seq, message)
    this.topic.touch()
  }

  changeMessage(chat: string, seq: number, change: (message: Message) => Message): void {
    const record = this.records.get(chat)
    if (record) this.#onRuns(record, (run) => ({ ...run, messages: changeOne(run.messages, seq, change) }))
  }

  changed(chat: string): void {
    this.dirty.add(chat)
    this.topic.touch()
  }

  #onRuns(record: ChatRecord, change: (run: Run) => Run): void {
    if (record.tail) record.tail = change(record.tail)
    record.earlier = record.earlier.map(change)
  }

  #applied(record: ChatRecord, chat: ChatState, event: ChatLogEvent): ChatState {
    const look = (seq: number) => findIn(runsOf(record), seq)
    return this.#noted(chat.id, applyToChat(chat, event, this.me, look))
  }

  #noted(chat: string, applied: Applied): ChatState {
    if (applied.stale) this.stale.add(chat)
    return applied.chat
  }
}

function runsOf(record: ChatRecord): Runs {
  return record.tail ? [...record.earlier, record.tail] : record.earlier
}
