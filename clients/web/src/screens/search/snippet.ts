/** A found text as one line with its words marked. Pure. */

export type Piece = { text: string; hit: boolean }

/** Signs shown before the first word that was found: it must be seen in a narrow row. */
const BEFORE_MAX = 24
const SHOWN_MAX = 160

/** Whole words only, in the case in which they are written; null when there are none. */
export function wordsPattern(words: readonly string[]): RegExp | null {
  if (words.length === 0) return null
  const all = [...words].sort((a, b) => b.length - a.length).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${all.join('|')})(?![\\p{L}\\p{N}])`, 'gu')
}

/** `words` are those of the text that were found, as the server names them. */
export function snippet(text: string, words: readonly string[]): Piece[] {
  const line = text.replace(/\s+/g, ' ').trim()
  const pattern = wordsPattern(words)
  const first = pattern ? line.search(pattern) : -1
  const space = line.indexOf(' ', first - BEFORE_MAX)
  const from = first <= BEFORE_MAX ? 0 : space >= 0 && space < first ? space + 1 : first - BEFORE_MAX
  const shown = `${from > 0 ? '…' : ''}${line.slice(from, from + SHOWN_MAX)}`
  const pieces: Piece[] = []
  let at = 0
  for (const match of pattern ? shown.matchAll(pattern) : []) {
    if (match.index > at) pieces.push({ text: shown.slice(at, match.index), hit: false })
    pieces.push({ text: match[0], hit: true })
    at = match.index + match[0].length
  }
  if (at < shown.length) pieces.push({ text: shown.slice(at), hit: false })
  return pieces
}
