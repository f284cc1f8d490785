/** Which chats a filter shows. Pure. */

export type Filter = 'all' | 'unread' | 'classes' | 'direct'

export function fits(chat: { kind: string; unread: number; markedUnread: boolean }, filter: Filter): boolean {
  if (filter === 'unread') return chat.unread > 0 || chat.markedUnread
  if (filter === 'classes') return chat.kind === 'class'
  if (filter === 'direct') return chat.kind === 'direct'
  return true
}

/** For comparing: no case, ё as е. */
export function fold(text: string): string {
  return text.toLocaleLowerCase('ru').replaceAll('ё', 'е')
}
