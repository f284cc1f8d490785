/** Which of the eight colours and which letters stand for somebody without a picture. Pure. */

export const HUES = 8

/** FNV-1a over the id: the same colour on every device and in every session. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) {
    hash ^= id.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  // The low bits of FNV mix least: fold the high ones in.
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x45d9f3b)
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES
}

/** Two letters of a person («Алексей Петров» → «АП»), up to three signs of a class («7А», «11Б»). */
export function initialsOf(name: string, square: boolean): string {
  const clean = name.replace(/[^\p{L}\p{N}\s]/gu, '').trim()
  if (square) return [...clean.replace(/\s+/g, '')].slice(0, 3).join('')
  const [first = '', second = ''] = clean.split(/\s+/)
  return ([...first][0] ?? '').concat([...second][0] ?? '').toUpperCase()
}
