/**
 * A message's text as pieces: plain text, `code`, fenced code, links. Pure, and nothing else is interpreted (design §4.3);
 * pieces are drawn as text nodes, never as HTML.
 */
import { LinkifyIt } from 'linkify-it'

export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'block'; text: string }
  | { kind: 'link'; text: string; url: string }

const LINK_SHOWN_MAX = 60
const BIG_EMOJI_MAX = 3

const linkify = new LinkifyIt({ fuzzyIP: false })
linkify.add('ftp:', null).add('//', null).tlds('рф', true)

/** ```fenced``` first, then `code`, then links in what is left. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  for (const [index, part] of text.split(/```(?:\n)?([\s\S]*?)(?:\n)?```/).entries()) {
    if (index % 2) found.push({ kind: 'block', text: part })
    else inline(part, found)
  }
  return found
}

function inline(text: string, found: Piece[]): void {
  for (const [index, part] of text.split(/`([^`\n]+)`/).entries()) {
    if (index % 2) found.push({ kind: 'code', text: part })
    else links(part, found)
  }
}

function links(text: string, found: Piece[]): void {
  let at = 0
  for (const match of linkify.match(text) ?? []) {
    if (!/^(https?:|mailto:)/i.test(match.url)) continue
    if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) })
    found.push({ kind: 'link', text: shown(match.text, match.url), url: match.url })
    at = match.lastIndex
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) })
}

/** As written, the middle cut at 60 characters; a host that mixes scripts shows its punycode too, so it cannot pose. */
function shown(text: string, url: string): string {
  const signs = [...text]
  const half = LINK_SHOWN_MAX / 2
  const cut = signs.length > LINK_SHOWN_MAX ? `${signs.slice(0, half).join('')}…${signs.slice(-half).join('')}` : text
  const host = /^[a-z]+:\/\/([^/:?#]+)/i.exec(url)?.[1] ?? ''
  const mixed = /[a-z]/i.test(host.replace(/\.[a-z]+$/i, '')) && /\p{Script=Cyrillic}/u.test(host)
  return mixed ? `${cut} [${punycode(url)}]` : cut
}

function punycode(url: string): string {
  try {
    return new URL(url).hostname
  } catch {
    return '?'
  }
}

/** One to three emoji and nothing else: they are drawn large. */
export function isBigEmoji(text: string): boolean {
  const clean = text.trim()
  if (!clean || clean.length > 40 || /[\p{L}\p{N}]/u.test(clean)) return false
  const marks = clean.match(/\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*/gu)
  return marks !== null && marks.length <= BIG_EMOJI_MAX && marks.join('') === clean.replace(/\s/g, '')
}

/** One line for lists, quotes and pinned bars. */
export function oneLine(text: string): string {
  return text.replace(/```|`/g, '').replace(/\s+/g, ' ').trim().slice(0, 200)
}
