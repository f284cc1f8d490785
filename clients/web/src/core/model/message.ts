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

/** Reactions in the order in which their emoji first came; an emoji without people is gone. */
export function react(reactions: readonly Reaction[], emoji: string, account: string, on: boolean): Reaction[] {
  const known = reactions.some((one) => one.emoji === emoji)
  if (on && !known) return [...reactions, { emoji, accounts: [account] }]
  return reactions
    .map((one) => {
      if (one.emoji !== emoji) return one
      const others = one.accounts.filter((id) => id !== account)
      if (on) return others.length < one.accounts.length ? one : { emoji, accounts: [...others, account] }
      return { emoji, accounts: others }
    })
    .filter((one) => one.accounts.length > 0)
}
