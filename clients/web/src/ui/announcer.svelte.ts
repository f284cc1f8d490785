/** What is spoken and not shown: a queue of sentences, at least 700 ms apart, doubles folded (design §6). */

export type Level = 'polite' | 'assertive'

const APART_MS = 700

class Spoken {
  polite = $state('')
  assertive = $state('')
}

export const spoken = new Spoken()
const queue: { text: string; level: Level }[] = []
let running = false

export function announce(text: string, level: Level = 'polite'): void {
  const last = queue.at(-1)
  if (last?.text === text && last.level === level) return
  queue.push({ text, level })
  if (!running) next()
}

function next(): void {
  const item = queue.shift()
  running = item !== undefined
  if (!item) return
  // An equal text twice in a row would not be spoken again: a no-break space makes it new.
  spoken[item.level] = spoken[item.level] === item.text ? `${item.text}\u00a0` : item.text
  setTimeout(next, APART_MS)
}
