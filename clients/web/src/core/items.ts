/** Messages as screens take them: a wire message with its chat, key, state and what may be done with it. */
import { PENDING_SEQ, type MessageItem, type OutboxItem } from './api'
import type { ChatState, Message } from '../wire.gen'

/** E-5 and D8: own ones within a day. The server's config may say otherwise and decides. */
const CHANGE_MS = 24 * 3600 * 1000

/** Makes items, and gives the same one for the same message in the same circumstances. */
export class Items {
  #made = new WeakMap<Message, MessageItem>()
  #pending = new WeakMap<OutboxItem, MessageItem>()

  sent(message: Message, chat: ChatState, me: string, now: number): MessageItem {
    const own = message.author === me
    const fresh = now - message.ts <= CHANGE_MS
    const staff = chat.kind !== 'direct' && (chat.my_role === 'admin' || chat.my_role === 'teacher')
    const pinned = chat.pinned_messages.includes(message.seq)
    const canEdit = own && fresh && !message.deleted && message.forwarded === null
    const canDeleteForEveryone = !message.deleted && ((own && fresh) || staff)
    const before = this.#made.get(message)
    const same =
      before !== undefined &&
      before.pinned === pinned &&
      before.canEdit === canEdit &&
      before.canDeleteForEveryone === canDeleteForEveryone
    if (same) return before
    const item: MessageItem = {
      ...message,
      key: message.nonce || `m${message.seq}`,
      chat: chat.id,
      own,
      state: 'sent',
      error: null,
      pinned,
      canEdit,
      canDeleteForEveryone,
    }
    this.#made.set(message, item)
    return item
  }

  /** An unsent post as the last message of its chat; `index` keeps several in order. */
  pending(post: OutboxItem, index: number, me: string): MessageItem {
    const item = this.#pending.get(post) ?? pendingItem(post, index, me)
    this.#pending.set(post, item)
    return item
  }
}

function pendingItem(post: OutboxItem, index: number, me: string): MessageItem {
  return {
    seq: PENDING_SEQ + index,
    author: me,
    ts: post.created,
    text: post.text,
    nonce: post.nonce,
    post_no: 0,
    reply_to: post.replyTo,
    forwarded: null,
    edited_ts: null,
    deleted: false,
    reactions: [],
    starred: false,
    files: [...post.files],
    mentions: [],
    mentions_all: false,
    key: post.nonce,
    chat: post.chat,
    own: true,
    state: post.state === 'pending' ? 'pending' : 'failed',
    error: post.error,
    pinned: false,
    canEdit: false,
    canDeleteForEveryone: false,
  }
}
