/** Which dialog is open: one at a time, never one over another (design §5.6). `DialogHost` draws it. */
import type { MessageItem } from '../core/api'

export type Ask =
  | { kind: 'new_chat' }
  | { kind: 'forward'; chat: string; messages: readonly MessageItem[]; done?: () => void }
  | { kind: 'delete'; chat: string; messages: readonly MessageItem[]; done?: () => void }
  | { kind: 'report'; message: MessageItem }
  | { kind: 'readers'; message: MessageItem }
  | { kind: 'leave'; chat: string; title: string }
  | { kind: 'add_members'; chat: string; present: readonly string[]; done: () => void }
  | { kind: 'rename'; chat: string; title: string }
  | { kind: 'remove_member'; chat: string; account: string; name: string; done: () => void }
  | { kind: 'logout' }
  | { kind: 'keys' }

class Dialogs {
  ask = $state.raw<Ask | null>(null)
}

export const dialogs = new Dialogs()

export function openDialog(ask: Ask): void {
  dialogs.ask = ask
}

export function closeDialog(): void {
  dialogs.ask = null
}
