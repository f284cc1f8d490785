/** Shortcuts that work everywhere, by `event.code`: the Russian layout types other letters on the same keys. */
import { core } from '../core/index.svelte'
import { closeTop, hasLayers } from '../ui/layers.svelte'
import { dialogs, openDialog } from './dialogs.svelte'
import { chatPath, go, router } from './router.svelte'

/** The panes that F6 walks through, in their order. */
const PANES = ['[data-screen="S22"] a[data-chat][tabindex="0"]', '#messages [data-key][tabindex="0"]', '#composer', 'aside button']

export function shortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || dialogs.ask) return
  if (act(event)) event.preventDefault()
}

function act(event: KeyboardEvent): boolean {
  const { code } = event
  const chat = router.place.screen === 'messages' ? router.place.chat : null
  if (event.altKey && (code === 'ArrowDown' || code === 'ArrowUp')) return step(chat, code === 'ArrowDown' ? 1 : -1, event.shiftKey)
  const typing = (event.target as Element).closest('input, textarea') !== null
  if (((event.ctrlKey || event.metaKey) && code === 'KeyK') || (event.key === '/' && !typing && router.place.screen === 'messages')) {
    if (document.querySelector('[data-screen="S22"]') === null) go('/messages')
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-screen="S22"] input[type=search]')?.focus())
    return true
  }
  if (code === 'F6') return pane(event.shiftKey ? -1 : 1)
  if (event.key === '?' && !typing) {
    openDialog({ kind: 'keys' })
    return true
  }
  if (code === 'Escape' && hasLayers()) return closeTop()
  return false
}

function step(from: string | null, by: 1 | -1, unreadOnly: boolean): boolean {
  const all = core.chats.list
  const at = all.findIndex((chat) => chat.id === from)
  const rest = by > 0 ? all.slice(at + 1) : all.slice(0, Math.max(at, 0)).reverse()
  const next = unreadOnly ? rest.find((chat) => chat.unread > 0) : rest[0]
  if (next) go(chatPath(next.id), from ? 'replace' : 'push')
  return true
}

function pane(by: 1 | -1): boolean {
  const stops = PANES.map((selector) => document.querySelector<HTMLElement>(selector)).filter((stop) => stop !== null)
  const roots = stops.map((stop) => stop.closest('[data-screen="S22"], #messages, .foot, aside'))
  const at = roots.findIndex((root) => root?.contains(document.activeElement))
  stops[(at + by + stops.length) % stops.length]?.focus()
  return true
}
