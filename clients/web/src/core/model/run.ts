/**
 * A run: messages of one chat without a hole between them, under events and pages. Pure.
 *
 * `asOf` is the seq up to which events are in it; a page that was read later joins it, since events repeat harmlessly.
 */
import type { ChatLogEvent, Message, MessageHistoryPage } from '../../wire.gen'
import { applyToMessage, messageOf } from './message'

export interface Run {
  messages: readonly Message[]
  moreBefore: boolean
  /** False when the run reaches the chat's newest message: new ones are appended. */
  moreAfter: boolean
  asOf: number
}

/** What the cache and a closed conversation keep of a run. */
export const KEPT_MESSAGES = 100

export function runOf(page: MessageHistoryPage): Run {
  return { messages: page.messages, moreBefore: page.more_before, moreAfter: page.more_after, asOf: page.as_of }
}

export function applyToRun(run: Run, event: ChatLogEvent): Run {
  if (event.seq <= run.asOf) return run
  if (event.kind === 'message.posted') {
    const known = run.moreAfter || run.messages.some((one) => one.seq === event.seq)
    return { ...run, asOf: event.seq, messages: known ? run.messages : insert(run.messages, messageOf(event)) }
  }
  if (!('target' in event)) return { ...run, asOf: event.seq }
  return { ...run, asOf: event.seq, messages: changeOne(run.messages, event.target, (m) => applyToMessage(m, event)) }
}

/** The run after the events that it lacks, or null when some between were lost: read the page again. */
export function catchUp(run: Run, recent: readonly ChatLogEvent[], cursor: number): Run | null {
  if (run.asOf >= cursor) return run
  const first = recent[0]
  if (first === undefined || first.seq > run.asOf + 1) return null
  return recent.reduce(applyToRun, run)
}

/** The same list with one message changed; the same identity when nothing did. */
export function changeOne(
  messages: readonly Message[],
  seq: number,
  change: (message: Message) => Message,
): readonly Message[] {
  const index = indexOf(messages, seq)
  const before = messages[index]
  if (before === undefined) return messages
  const after = change(before)
  return after === before ? messages : messages.map((one) => (one === before ? after : one))
}

/** Put an older page before the run, or a newer one behind it. */
export function joinRuns(older: Run, newer: Run): Run {
  const first = newer.messages[0]?.seq ?? Infinity
  return {
    messages: [...older.messages.filter((one) => one.seq < first), ...newer.messages],
    moreBefore: older.moreBefore,
    moreAfter: newer.moreAfter,
    asOf: Math.min(older.asOf, newer.asOf),
  }
}

export function without(run: Run, seqs: readonly number[]): Run {
  const gone = new Set(seqs)
  const messages = run.messages.filter((one) => !gone.has(one.seq))
  return messages.length === run.messages.length ? run : { ...run, messages }
}

/** The newest part of a run that reaches the end. */
export function tailOf(run: Run): Run {
  if (run.messages.length <= KEPT_MESSAGES) return run
  return { ...run, messages: run.messages.slice(-KEPT_MESSAGES), moreBefore: true }
}

export function find(run: Run | null, seq: number): Message | undefined {
  return run?.messages[indexOf(run.messages, seq)]
}

/** Index of a message by its seq, -1 when absent. */
export function indexOf(messages: readonly Message[], seq: number): number {
  let low = 0
  let high = messages.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const at = messages[middle]?.seq ?? Infinity
    if (at === seq) return middle
    if (at < seq) low = middle + 1
    else high = middle - 1
  }
  return -1
}

function insert(messages: readonly Message[], message: Message): Message[] {
  const last = messages.at(-1)
  if (last === undefined || last.seq < message.seq) return [...messages, message]
  return [...messages, message].sort((a, b) => a.seq - b.seq)
}
