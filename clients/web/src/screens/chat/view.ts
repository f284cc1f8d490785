/** What a bubble needs to know of a message, gathered from the message, the people and the chat. */

import type { Attachment } from '../../core/api'

export type QuoteView = { seq: number; author: string; hue: number; text: string; gone: boolean }
export type PillView = { emoji: string; n: number; mine: boolean; names: string }

export type MessageView = {
  seq: number
  nonce: string
  ts: number
  author: string
  authorName: string
  hue: number
  own: boolean
  text: string
  files: readonly Attachment[]
  deleted: boolean
  edited: boolean
  starred: boolean
  pinned: boolean
  state: 'pending' | 'sent' | 'failed'
  forwardedFrom: string
  /** Own, and somebody else has read it. */
  read: boolean
  quote: QuoteView | null
  pills: PillView[]
}
