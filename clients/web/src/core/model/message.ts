/** One message under the events of its chat. Pure; a message that an event does not change keeps its identity. */
import type { ChatLogEvent, Message, MessagePosted, Reaction } from '../../wire.gen'

/** As `message.history` would give it, were it read right after this event. */
export function messageOf(event: MessagePosted): Message {
  return {
    seq: event.seq,
    author: event.actor ?? '',
    ts: event.ts,
    text: event.text,
    nonce: event.nonce,
    post_no: event.post_no,
    reply_to: event.reply_to,
    forwarded: event.forwarded,
    edited_ts: null,
    deleted: false,
    reactions: [],
    starred: false,
    files: event.files,
    mentions: event.mentions,
    mentions_all: event.mentions_all,
  }
}

/** Repeating an event, or a run of events from the start of the run, changes nothing more. */
export function applyToMessage(message: Message, event: ChatLogEvent): Message {
  if (!('target' in event) || event.target !== message.seq || message.deleted) return message
  switch (event.kind) {
    case 'message.edited':
      return { ...message, text: event.text, edited_ts: event.ts }
    case 'message.deleted':
      return {
        ...message,
        text: '',
        deleted: true,
        edited_ts: null,
        forwarded: null,
        reactions: [],
        starred: false,
        files: [],
        mentions: [],
        mentions_all: false,
      }
    case 'reaction.added':
      return { ...message, reactions: react(message.reactions, event.emoji, event.actor ?? '', true) }
    case 'reaction.removed':
      return { ...message, reactions: react(message.reactions, event.emoji, event.actor ?? '', false) }
    default:
      return message
  }
}

/** Reactions by emoji, as the server sorts them: who came first cannot be known after a removal. One without people is gone. */
export function react(reactions: readonly Reaction[], emoji: string, account: string, on: boolean): Reaction[] {
  const known = reactions.some((one) => one.emoji === emoji)
  if (on && !known) return [...reactions, { emoji, accounts: [account] }].sort((a, b) => byCodePoints(a.emoji, b.emoji))
  return reactions
    .map((one) => {
      if (one.emoji !== emoji) return one
      const others = one.accounts.filter((id) => id !== account)
      if (on) return others.length < one.accounts.length ? one : { emoji, accounts: [...others, account] }
      return { emoji, accounts: others }
    })
    .filter((one) => one.accounts.length > 0)
}

/** Python's order of strings. JavaScript's own compares UTF-16 units, where U+FE0F stands behind a skin tone. */
function byCodePoints(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (const [index, sign] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    if (sign !== other) return (sign.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)
  }
  return left.length - right.length
}
