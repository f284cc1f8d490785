/**
 * What is loaded of one chat: runs of messages, oldest first, with gaps between them. Pure.
 *
 * A jump adds a run, a page makes one longer; runs that come to share a message become one. Asks nobody.
 */
import type { Message } from '../../wire.gen'
import { find, type Run } from './run'

export type Runs = readonly Run[]

/** With a run that was read put in its place. It replaces nothing but what it overlaps. */
export function placeRun(runs: Runs, run: Run): Runs {
  // the newest page of an empty chat, or the page after its end
  if (run.messages.length === 0) return runs.length === 0 ? [run] : runs
  let whole = run
  const apart: Run[] = []
  for (const other of runs) {
    if (other.messages.length === 0) continue
    if (touch(whole, other)) whole = united(whole, other)
    else apart.push(other)
  }
  return [...apart, whole].sort((a, b) => firstOf(a) - firstOf(b))
}

/** Seqs of the messages that stand below a gap. */
export function gapsOf(runs: Runs): readonly number[] {
  return runs.slice(1).map(firstOf)
}

export function findIn(runs: Runs, seq: number): Message | undefined {
  for (const run of runs) {
    const found = find(run, seq)
    if (found) return found
  }
  return undefined
}

/** Whether what follows `seq` directly is loaded: then the first unread message is known. */
export function reachesPast(runs: Runs, seq: number): boolean {
  return runs.some((run) => (!run.moreBefore || firstOf(run) <= seq) && (!run.moreAfter || lastOf(run) > seq))
}

export function firstOf(run: Run): number {
  return run.messages[0]?.seq ?? Infinity
}

export function lastOf(run: Run): number {
  return run.messages.at(-1)?.seq ?? 0
}

function touch(a: Run, b: Run): boolean {
  return firstOf(a) <= lastOf(b) && firstOf(b) <= lastOf(a)
}

function united(a: Run, b: Run): Run {
  const [lower, upper] = firstOf(a) <= firstOf(b) ? [a, b] : [b, a]
  const end = lastOf(lower)
  return {
    messages: [...lower.messages, ...upper.messages.filter((one) => one.seq > end)],
    moreBefore: lower.moreBefore,
    moreAfter: (lastOf(upper) >= end ? upper : lower).moreAfter,
    // events after the older of the two repeat harmlessly
    asOf: Math.min(a.asOf, b.asOf),
  }
}
