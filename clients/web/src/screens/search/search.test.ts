import { describe, expect, it } from 'vitest'
import { snippet } from './snippet'

const marked = (text: string, words: string[]) => snippet(text, words).map((piece) => (piece.hit ? `[${piece.text}]` : piece.text)).join('')

/** R-92, E-6: the words that were found are marked, and nothing that only looks like them. */
describe('snippet', () => {
  it('marks whole words as they are written', () => {
    expect(marked('Книги у окна, книгин шкаф', ['Книги'])).toBe('[Книги] у окна, книгин шкаф')
    expect(marked('ёлка и ёлку', ['ёлка', 'ёлку'])).toBe('[ёлка] и [ёлку]')
  })

  it('takes signs of a word for signs', () => {
    expect(marked('a.b axb', ['a.b'])).toBe('[a.b] axb')
    expect(marked('c++ c', ['c++'])).toBe('[c++] c')
  })

  it('begins near the first word of a long text, on one line', () => {
    const text = `${'раз два три '.repeat(20)}\n\nконтрольная завтра`
    expect(marked(text, ['контрольная'])).toBe('…два три раз два три [контрольная] завтра')
    expect(marked(`${'а'.repeat(50)}-книга на полке`, ['книга'])).toBe(`…${'а'.repeat(23)}-[книга] на полке`)
  })

  it('shows the beginning when no word is known', () => {
    expect(marked('просто текст', [])).toBe('просто текст')
  })
})
