/** Keys of the focused row of a conversation (design §6), by `event.code`: any keyboard layout will do. */
import type { MessageItem } from '../../core/api'
import { messageKey, type Asked } from './messageMenu'

export type RowActs = {
  /** Move the focus to the nearest message at or beyond that place. */
  focus: (index: number, step: 1 | -1) => void
  menu: () => void
  /** Null while nothing is being chosen. */
  choose: (() => void) | null
  asked: Asked
}

/** True when the key meant something. `index` of `count` rows. */
export function rowKey(event: KeyboardEvent, item: MessageItem, index: number, count: number, acts: RowActs): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  if (event.shiftKey) {
    if (event.code !== 'F10') return false
    acts.menu()
    return true
  }
  const act: Record<string, (() => void) | undefined> = {
    ArrowUp: () => acts.focus(index - 1, -1),
    ArrowDown: () => acts.focus(index + 1, 1),
    Home: () => acts.focus(0, 1),
    End: () => acts.focus(count - 1, -1),
    Enter: acts.menu,
    ContextMenu: acts.menu,
    Space: acts.choose ?? undefined,
  }
  const known = act[event.code]
  if (known) known()
  return known !== undefined || messageKey(event.code, item, acts.asked)
}
