/** Which rows of a list are marked. Pure: ids in, ids out. */

/** Mark or unmark one; with `anchor` (Shift), everything between it and the row gets the row's new state. */
export function mark(order: readonly string[], marked: ReadonlySet<string>, id: string, anchor = ''): Set<string> {
  const after = new Set(marked)
  const on = !marked.has(id)
  const from = order.indexOf(anchor)
  const to = order.indexOf(id)
  const range = from < 0 || to < 0 ? [id] : order.slice(Math.min(from, to), Math.max(from, to) + 1)
  for (const one of range) {
    if (on) after.add(one)
    else after.delete(one)
  }
  return after
}

/** All, or none when all are marked already. */
export function markAll(order: readonly string[], marked: ReadonlySet<string>): Set<string> {
  return order.every((id) => marked.has(id)) ? new Set() : new Set(order)
}

/** Only what still stands in the list. */
export function still(order: readonly string[], marked: ReadonlySet<string>): Set<string> {
  return new Set(order.filter((id) => marked.has(id)))
}
