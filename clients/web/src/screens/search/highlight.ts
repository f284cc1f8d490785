/**
 * Marks words in the rows of a conversation by the CSS Custom Highlight API: it changes no element, so whoever draws
 * the rows need not know of it. A browser without it (Firefox before 140) still flashes the row.
 */
import { wordsPattern } from './snippet'

export type Marked = ReadonlyMap<number, readonly string[]>

const NAME = 'found'

/** Keep the words of `marked` (by seq) marked in `root` while rows come and go. Gives the way to stop. */
export function keepMarked(root: HTMLElement, marked: Marked): () => void {
  if (!('highlights' in CSS) || marked.size === 0) return () => undefined
  let frame = 0
  const draw = () => {
    frame = 0
    CSS.highlights.set(NAME, new Highlight(...rangesIn(root, marked)))
  }
  const observer = new MutationObserver(() => (frame ||= requestAnimationFrame(draw)))
  observer.observe(root, { childList: true, subtree: true, characterData: true })
  draw()
  return () => {
    observer.disconnect()
    cancelAnimationFrame(frame)
    CSS.highlights.delete(NAME)
  }
}

function rangesIn(root: HTMLElement, marked: Marked): Range[] {
  const ranges: Range[] = []
  for (const row of root.querySelectorAll<HTMLElement>('[data-seq]')) {
    const pattern = wordsPattern(marked.get(Number(row.dataset.seq)) ?? [])
    const text = row.querySelector('.bubble .text')
    if (!pattern || !text) continue
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const node = walker.currentNode as Text
      for (const match of node.data.matchAll(pattern)) {
        const range = new Range()
        range.setStart(node, match.index)
        range.setEnd(node, match.index + match[0].length)
        ranges.push(range)
      }
    }
  }
  return ranges
}
