/** What a row of the chat list shows. */
export type ChatRowView = {
  id: string
  hueId: string
  title: string
  square: boolean
  when: string
  last: string
  lastAuthor: string
  lastGone: boolean
  draft: string
  /** Who is typing, in words; '' for nobody. */
  typing: string
  unread: number
  markedUnread: boolean
  muted: boolean
  pinned: boolean
  state: 'none' | 'pending' | 'failed'
  /** What icons and badges tell, in words, for screen readers. */
  spoken: string
}
