/** All chats of the account as a list: what is archived, muted, pinned, and the order. Pure. */
import type { ChatState } from '../../wire.gen'

export interface Listing {
  chats: ReadonlyMap<string, ChatState>
  pins: readonly string[]
}

export function isMuted(chat: ChatState, now: number): boolean {
  return (chat.view.muted_until ?? 0) > now
}

/** a later message brings a chat back unless it is muted. */
export function isArchived(chat: ChatState, now: number): boolean {
  const at = chat.view.archived_at_seq
  if (at === null) return false
  return isMuted(chat, now) || (chat.last_message?.seq ?? 0) <= at
}

/** Pinned ones in their order, then by the last message, newest first; `touched` are times of own unsent ones. */
export function ordered(
  listing: Listing,
  now: number,
  touched: ReadonlyMap<string, number>,
): { list: ChatState[]; archived: ChatState[] } {
  const pinned = listing.pins.flatMap((id) => listing.chats.get(id) ?? [])
  const onTop = new Set(pinned)
  const when = (chat: ChatState) => Math.max(chat.last_ts, touched.get(chat.id) ?? 0)
  const rest = [...listing.chats.values()].filter((chat) => !onTop.has(chat))
  rest.sort((a, b) => when(b) - when(a) || (a.id < b.id ? -1 : 1))
  const archived = rest.filter((chat) => isArchived(chat, now))
  const away = new Set(archived)
  return { list: [...pinned, ...rest.filter((chat) => !away.has(chat))], archived }
}
