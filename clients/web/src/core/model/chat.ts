/**
 * The state of one chat, as `chat.get` gives it, under the events of its log and of the account's own. Pure.
 *
 * `stale` says that the exact value cannot be known from here (a message outside of what is loaded): ask `chat.get`.
 */
import type { AccountLogEvent, ChatLogEvent, ChatState, Message } from '../../wire.gen'
import { applyToMessage, messageOf } from './message'

export interface Applied {
  chat: ChatState
  stale: boolean
}

/** `find` gives a loaded message as it was before the event. */
export function applyToChat(
  chat: ChatState,
  event: ChatLogEvent,
  me: string,
  find: (seq: number) => Message | undefined,
): Applied {
  if (event.seq <= chat.head) return { chat, stale: false }
  const next: ChatState = { ...chat, head: event.seq }
  let stale = false
  switch (event.kind) {
    case 'chat.updated':
      next.title = event.title ?? chat.title
      next.pin_policy = event.pin_policy ?? chat.pin_policy
      next.write_policy = event.write_policy ?? chat.write_policy
      next.slow_s = event.slow_s ?? chat.slow_s
      break
    case 'member.added':
      next.members_count += 1
      if (event.account === me) next.my_role = event.role
      break
    case 'member.removed':
      next.members_count -= 1
      break
    case 'member.role_changed':
      if (event.account === me) next.my_role = event.role
      break
    case 'message.posted':
      next.last_message = messageOf(event)
      next.last_ts = event.ts
      next.head_post_no = event.post_no
      if (event.actor !== me) next.unread += 1
      break
    case 'message.deleted': {
      next.pinned_messages = chat.pinned_messages.filter((seq) => seq !== event.target)
      if (event.target > chat.view.read_seq) {
        const before = find(event.target) ?? (chat.last_message?.seq === event.target ? chat.last_message : undefined)
        if (before === undefined) stale = true
        else if (before.author !== me && !before.deleted) next.unread -= 1
      }
      break
    }
    case 'message.pinned':
      next.pinned_messages = [...chat.pinned_messages.filter((seq) => seq !== event.target), event.target]
      break
    case 'message.unpinned':
      next.pinned_messages = chat.pinned_messages.filter((seq) => seq !== event.target)
      break
  }
  if (next.last_message) next.last_message = applyToMessage(next.last_message, event)
  return { chat: next, stale }
}

/** Events of the account's own log that concern this chat. */
export function applyOwn(chat: ChatState, event: AccountLogEvent): Applied {
  const last = chat.last_message
  switch (event.kind) {
    case 'chat.view_changed': {
      // read.moved may have told a later mark already: it only grows
      const read_seq = Math.max(event.view.read_seq, chat.view.read_seq)
      return { chat: { ...chat, view: { ...event.view, read_seq } }, stale: false }
    }
    case 'message.starred':
    case 'message.unstarred': {
      if (last?.seq !== event.target) return { chat, stale: false }
      return { chat: { ...chat, last_message: { ...last, starred: event.kind === 'message.starred' } }, stale: false }
    }
    case 'messages.hidden':
      return { chat: { ...chat, unread: event.unread }, stale: last !== null && event.targets.includes(last.seq) }
    default:
      return { chat, stale: false }
  }
}

/** The read mark as the server states it; an older statement changes nothing. */
export function moveRead(chat: ChatState, read_seq: number, unread: number): ChatState {
  if (read_seq < chat.view.read_seq) return chat
  if (read_seq === chat.view.read_seq && unread === chat.unread) return chat
  return { ...chat, unread, view: { ...chat.view, read_seq } }
}

/** The mark moved here, before the server has answered; `loaded` are the messages at hand, oldest first. */
export function foreseeRead(chat: ChatState, seq: number, me: string, loaded: readonly Message[]): ChatState {
  if (seq <= chat.view.read_seq) return chat
  const newest = loaded.at(-1)?.seq ?? 0
  const counts = (one: Message) => one.author !== me && !one.deleted
  const read = loaded.filter((one) => counts(one) && one.seq > chat.view.read_seq && one.seq <= seq).length
  const unread = seq >= newest && seq >= (chat.last_message?.seq ?? 0) ? 0 : Math.max(0, chat.unread - read)
  return { ...chat, unread, view: { ...chat.view, read_seq: seq, marked_unread: false } }
}
