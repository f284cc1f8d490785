/** A phone number while it is typed: shown in groups, the caret where it was. Pure. */

const GROUPS = [3, 3, 2, 2]

/** `89111111111`, `+7 911…` as «+7 (911) 111-11-11»; everything that is no Russian number yet stays as it is. */
export function formatContact(text: string): string {
  if (!/^[\d+()\s-]+$/.test(text)) return text
  let digits = text.replace(/\D/g, '')
  if (!digits) return text
  const foreign = text.trim().startsWith('+') && !digits.startsWith('7')
  if (foreign || digits.length > 11) return text
  if (/^[78]/.test(digits)) digits = digits.slice(1)
  else if (!digits.startsWith('9')) return text
  if (!digits) return text
  const parts: string[] = []
  for (const size of GROUPS) {
    if (digits) parts.push(digits.slice(0, size))
    digits = digits.slice(size)
  }
  const [area = '', ...rest] = parts
  const head = rest.length || area.length === 3 ? `+7 (${area})` : `+7 (${area}`
  const tail = rest.join('-')
  return tail ? `${head} ${tail}` : head
}

/** Where the caret belongs in `after` when as many digits stand before it as stood in `before` at `caret`. */
export function caretAfter(before: string, caret: number, after: string): number {
  if (caret >= before.length) return after.length
  const plus = (text: string) => text.replace(/\D/g, '').replace(/^[78]/, '')
  const wanted = plus(before.slice(0, caret)).length
  for (let at = 0; at <= after.length; at += 1) {
    if (plus(after.slice(0, at)).length >= wanted) return at
  }
  return after.length
}
