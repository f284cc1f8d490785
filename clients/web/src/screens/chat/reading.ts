/** Which message counts as read. Pure: what of the list is in sight comes in, a place in the list goes out. */

/** Where item `index` lies: its top and height in the scrolled content, CSS pixels. */
export type Span = (index: number) => { top: number; height: number }

/** The last item of which at least half is above the lower edge of the window (design §4.2); -1 when there is none. */
export function lastSeen(from: number, edge: number, span: Span): number {
  for (let index = from; index >= 0; index--) {
    const { top, height } = span(index)
    if (top + height / 2 <= edge) return index
  }
  return -1
}
