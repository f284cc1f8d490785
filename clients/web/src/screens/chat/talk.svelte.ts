/** What the screen itself knows of an open chat: selection, reply, edit, messages on their way out. Nothing of it is sent. */
import { SvelteSet } from 'svelte/reactivity'
import type { MessageItem } from '../../core/api'

/** Messages hidden here while their deletion can still be undone; keys are `chat/seq`. */
export const leaving = new SvelteSet<string>()

export const leavingKey = (chat: string, seq: number): string => `${chat}/${seq}`

export class TalkState {
  /** Message being answered or edited. */
  reply = $state.raw<MessageItem | null>(null)
  edit = $state.raw<MessageItem | null>(null)
  text = $state('')
  /** Keys of chosen messages; not null while choosing. */
  chosen = $state.raw<ReadonlySet<string> | null>(null)

  /** What stood in the field before an edit took it. */
  private before = ''

  startReply(item: MessageItem): void {
    this.stopEdit()
    this.reply = item
  }

  startEdit(item: MessageItem): void {
    if (!this.edit) this.before = this.text
    this.reply = null
    this.edit = item
    this.text = item.text
  }

  stopEdit(): void {
    if (!this.edit) return
    this.edit = null
    this.text = this.before
    this.before = ''
  }

  choose(key: string): void {
    const next = new Set(this.chosen ?? [])
    if (!next.delete(key)) next.add(key)
    this.chosen = next
  }
}
