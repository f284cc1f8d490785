/**
 * A chat computed from scratch, the way the server reads it: the other side of "old state plus events equals fetched
 * state". Slow and plain on purpose; it shares nothing with the reducers.
 */
import type { ChatLogEvent, ChatState, Message, MessageHistoryPage } from '../src/wire.gen'

export class ReferenceChat {
  readonly events: ChatLogEvent[] = []
  readonly #me: string
  readSeq = 0

  constructor(me: string) {
    this.#me = me
  }

  get head(): number {
    return this.events.length
  }

  add(event: Record<string, unknown>): ChatLogEvent {
    const seq = this.head + 1
    const whole = { chat: 'c', seq, ts: 1_000 * seq, ...event } as unknown as ChatLogEvent
    this.events.push(whole)
    return whole
  }

  messages(): Message[] {
    const found: Message[] = []
    for (const event of this.events) {
      if (event.kind === 'message.posted') found.push(this.#fresh(event))
    }
    return found
  }

  living(): Message[] {
    return this.messages().filter((one) => !one.deleted)
  }

  history(limit: number, before = Infinity): MessageHistoryPage {
    const older = this.messages().filter((one) => one.seq < before)
    return {
      messages: older.slice(-limit),
      as_of: this.head,
      more_before: older.length > limit,
      more_after: before !== Infinity,
      people: [],
    }
  }

  state(): ChatState {
    const messages = this.messages()
    const last = messages.at(-1) ?? null
    const dead = new Set(messages.filter((one) => one.deleted).map((one) => one.seq))
    let title = ''
    let pinned: number[] = []
    let role: ChatState['my_role'] = 'member'
    let members = 0
    for (const event of this.events) {
      if (event.kind === 'chat.updated' && event.title !== null) title = event.title
      if (event.kind === 'member.added') members += 1
      if (event.kind === 'member.removed') members -= 1
      if (event.kind === 'member.role_changed' && event.account === this.#me) role = event.role
      if (event.kind === 'message.unpinned') pinned = pinned.filter((seq) => seq !== event.target)
      if (event.kind === 'message.pinned') pinned = [...pinned.filter((seq) => seq !== event.target), event.target]
    }
    const unread = messages.filter((one) => one.seq > this.readSeq && one.author !== this.#me && !one.deleted)
    return {
      id: 'c',
      kind: 'group',
      title,
      head: this.head,
      head_post_no: messages.length,
      members_count: members,
      my_role: role,
      pin_policy: 'staff',
      view: { archived_at_seq: null, marked_unread: false, muted_until: null, read_seq: this.readSeq },
      unread: unread.length,
      pinned_messages: pinned.filter((seq) => !dead.has(seq)),
      last_message: last,
      peer: null,
      created_ts: 0,
      last_ts: last?.ts ?? 0,
      unread_mentions: 0,
      draft: null,
      write_policy: 'everyone',
      slow_s: 0,
    }
  }

  #fresh(posted: Extract<ChatLogEvent, { kind: 'message.posted' }>): Message {
    const about = this.events.filter((one) => 'target' in one && one.target === posted.seq)
    const deleted = about.some((one) => one.kind === 'message.deleted')
    const edit = about.filter((one) => one.kind === 'message.edited').at(-1)
    const reactions: Message['reactions'] = []
    for (const event of about) {
      if (event.kind === 'reaction.added') {
        const group = reactions.find((one) => one.emoji === event.emoji)
        if (!group) reactions.push({ emoji: event.emoji, accounts: [event.actor ?? ''] })
        else if (!group.accounts.includes(event.actor ?? '')) group.accounts.push(event.actor ?? '')
      }
      if (event.kind === 'reaction.removed') {
        const group = reactions.find((one) => one.emoji === event.emoji)
        if (group) group.accounts = group.accounts.filter((one) => one !== event.actor)
        if (group?.accounts.length === 0) reactions.splice(reactions.indexOf(group), 1)
      }
    }
    // as the server sorts: Python compares code points
    const points = (emoji: string) => [...emoji].map((sign) => (sign.codePointAt(0) ?? 0).toString(16).padStart(6, '0')).join('')
    reactions.sort((a, b) => (points(a.emoji) < points(b.emoji) ? -1 : 1))
    return {
      seq: posted.seq,
      author: posted.actor ?? '',
      ts: posted.ts,
      text: deleted ? '' : edit?.kind === 'message.edited' ? edit.text : posted.text,
      nonce: posted.nonce,
      post_no: posted.post_no,
      reply_to: posted.reply_to,
      forwarded: null,
      edited_ts: deleted ? null : (edit?.ts ?? null),
      deleted,
      reactions: deleted ? [] : reactions,
      starred: false,
      files: deleted ? [] : posted.files,
      mentions: deleted ? [] : posted.mentions,
      mentions_all: !deleted && posted.mentions_all,
    }
  }
}
