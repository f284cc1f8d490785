/** What a user can ask for, each with what the screen shows until the answer is here. */
import type { Commands, Outcome, Starred } from './api'
import type { Book } from './book'
import type { Chats } from './chats'
import type { Ask } from './link'
import { react } from './model/message'
import type { Listing } from './model/listing'
import { nonce } from './nonce'
import type { Outbox } from './outbox'
import type { Overlays } from './overlay'
import type { People } from './people'
import { PINNED_CHATS_MAX, type ChatState, type ChatView, type Commands as Wire, type Message } from '../wire.gen'

interface Ports {
  ask: Ask
  book: Book
  chats: Chats
  outbox: Outbox
  overlays: Overlays
  people: People
}

export function makeCommands({ ask, book, chats, outbox, overlays, people }: Ports): Commands {
  /** The answer's own fields are of no use to a screen. */
  async function plain<K extends keyof Wire>(name: K, input: Wire[K]['input']): Promise<Outcome> {
    const answer = await ask(name, input)
    return answer.ok ? { ok: true, value: undefined } : answer
  }

  /** Give a value out of the answer. */
  async function picked<K extends keyof Wire, T>(
    name: K,
    input: Wire[K]['input'],
    pick: (result: Wire[K]['result']) => T,
  ): Promise<Outcome<T>> {
    const answer = await ask(name, input)
    return answer.ok ? { ok: true, value: pick(answer.value) } : answer
  }

  function patch(chat: string, seq: number, work: Promise<Outcome>, change: (m: Message) => Message): Promise<Outcome> {
    return overlays.onMessage({ chat, seq, change }, work)
  }

  function patchChat(chat: string, work: Promise<Outcome>, change: (state: ChatState) => ChatState): Promise<Outcome> {
    return overlays.onListing((listing) => {
      const state = listing.chats.get(chat)
      return state ? { ...listing, chats: new Map(listing.chats).set(chat, change(state)) } : listing
    }, work)
  }

  function patchView(chat: string, work: Promise<Outcome>, view: Partial<ChatView>): Promise<Outcome> {
    return patchChat(chat, work, (state) => ({ ...state, view: { ...state.view, ...view } }))
  }

  function withPin({ pins, chats: all }: Listing, chat: string, on: boolean): Listing {
    const others = pins.filter((id) => id !== chat)
    // the sixth is refused: do not show it for a moment
    const room = pins.includes(chat) || pins.length < PINNED_CHATS_MAX
    return { chats: all, pins: on && room ? [...others, chat] : on ? pins : others }
  }

  return {
    post(chat, text, replyTo = null, files = []) {
      const name = nonce()
      outbox.add({ nonce: name, chat, text, replyTo, files })
      return name
    },
    edit: (chat, seq, text) =>
      patch(chat, seq, plain('message.edit', { chat, nonce: nonce(), target: seq, text }), (m) => ({
        ...m,
        text,
        edited_ts: m.edited_ts ?? m.ts,
      })),
    remove: (chat, seqs, scope) => plain('message.delete', { chat, nonce: nonce(), targets: [...seqs], scope }),
    forward: (chat, seqs, to, comment = '') =>
      plain('message.forward', { chat, nonce: nonce(), targets: [...seqs], to: [...to], comment }),
    pinMessage(chat, seq, on) {
      const work = plain(on ? 'message.pin' : 'message.unpin', { chat, nonce: nonce(), target: seq })
      return patchChat(chat, work, (state) => {
        const others = state.pinned_messages.filter((one) => one !== seq)
        return { ...state, pinned_messages: on ? [...others, seq] : others }
      })
    },
    star: (chat, seq, on) =>
      patch(chat, seq, plain(on ? 'message.star' : 'message.unstar', { chat, target: seq }), (m) => ({
        ...m,
        starred: on,
      })),
    react: (chat, seq, emoji, on) =>
      patch(chat, seq, plain('message.react', { chat, target: seq, emoji, on }), (m) => ({
        ...m,
        reactions: react(m.reactions, emoji, book.me, on),
      })),
    report: (chat, seq, reason, comment) => plain('message.report', { chat, nonce: nonce(), target: seq, reason, comment }),
    async starred(chat) {
      const answer = await ask('message.starred', { chat: chat ?? null })
      if (!answer.ok) return answer
      people.put(answer.value.people)
      const value = answer.value.items.flatMap<Starred>((one) => {
        const state = chats.state(one.chat)
        return state ? { chat: one.chat, message: chats.item(one.message, state) } : []
      })
      return { ok: true, value }
    },

    pinChat: (chat, on) =>
      overlays.onListing((l) => withPin(l, chat, on), plain(on ? 'chat.pin' : 'chat.unpin', { chat })),
    orderPins: (order) =>
      overlays.onListing((l) => ({ ...l, pins: order }), plain('chat.pin_order', { chats: [...order] })),
    archive(chat, on) {
      const work = plain(on ? 'chat.archive' : 'chat.unarchive', { chat })
      return overlays.onListing((listing) => {
        const state = listing.chats.get(chat)
        if (!state) return listing
        const view = { ...state.view, archived_at_seq: on ? state.head : null }
        const pins = on ? listing.pins.filter((id) => id !== chat) : listing.pins
        return { pins, chats: new Map(listing.chats).set(chat, { ...state, view }) }
      }, work)
    },
    markUnread: (chat) => patchView(chat, plain('chat.mark_unread', { chat }), { marked_unread: true }),
    markRead: (chat) =>
      patchChat(chat, plain('chat.mark_read', { chat }), (state) => ({
        ...state,
        unread: 0,
        view: { ...state.view, marked_unread: false },
      })),
    mute: (chat, until) => patchView(chat, plain('chat.mute', { chat, until }), { muted_until: until || null }),

    createDirect: (person) =>
      picked('chat.create', { kind: 'direct', nonce: nonce(), members: [person] }, (made) => made.chat),
    createGroup: (title, members) =>
      picked('chat.create', { kind: 'group', nonce: nonce(), title, members: [...members] }, (made) => made.chat),
    rename: (chat, title) => plain('chat.update', { chat, nonce: nonce(), title }),
    setPinPolicy: (chat, policy) => plain('chat.update', { chat, nonce: nonce(), pin_policy: policy }),
    leave: (chat) => plain('chat.leave', { chat, nonce: nonce() }),
    members: (chat) =>
      picked('chat.members', { chat }, (listed) => {
        people.put(listed.people)
        return listed.members
      }),
    addMembers: (chat, accounts) => plain('chat.member.add', { chat, nonce: nonce(), accounts: [...accounts] }),
    removeMember: (chat, account) => plain('chat.member.remove', { chat, nonce: nonce(), account }),
    setRole: (chat, account, role) => plain('chat.member.role', { chat, nonce: nonce(), account, role }),
  }
}
