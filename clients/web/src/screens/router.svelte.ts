/** The address as state: which screen, which chat, which message. Nothing else decides what is shown. */
import { consumeLayers, layerPopped } from '../ui/layers.svelte'

export type Panel = 'details' | 'important' | 'members'
export type Place =
  | { screen: 'landing' }
  | { screen: 'home' }
  | { screen: 'messages'; chat: string | null; seq: number | null; archive: boolean; panel: Panel | null }
  | { screen: 'profile'; section: string }
  | { screen: 'person'; person: string }
  | { screen: 'settings'; section: string }
  | { screen: 'admin'; section: string; klass: string }
  | { screen: 'call'; chat: string }
  | { screen: 'unknown' }

/** Pure: an address to a place. */
export function placeOf(path: string, search: string): Place {
  const [, first = '', second = '', third = ''] = path.split('/')
  const query = new URLSearchParams(search)
  if (first === '') return { screen: 'landing' }
  if (first === 'home') return { screen: 'home' }
  if (first === 'call' && second) return { screen: 'call', chat: second }
  if (first === 'profile') return { screen: 'profile', section: second || 'main' }
  if (first === 'u' && second) return { screen: 'person', person: second }
  if (first === 'settings') return { screen: 'settings', section: second }
  if (first === 'admin') return { screen: 'admin', section: second || 'applications', klass: query.get('class') ?? '' }
  if (first === 'messages') {
    const panel = query.get('panel')
    return {
      screen: 'messages',
      chat: second || null,
      seq: /^\d+$/.test(third) ? Number(third) : null,
      archive: query.get('list') === 'archive',
      panel: panel === 'details' || panel === 'important' || panel === 'members' ? panel : null,
    }
  }
  return { screen: 'unknown' }
}

/** Pure: the address of a chat, beside what stays of the list. */
export function chatPath(chat: string | null, more: { seq?: number; archive?: boolean; panel?: Panel | null } = {}): string {
  const query = new URLSearchParams()
  if (more.archive) query.set('list', 'archive')
  if (more.panel) query.set('panel', more.panel)
  const tail = String(query) && `?${query}`
  return `/messages${chat ? `/${chat}` : ''}${chat && more.seq ? `/${more.seq}` : ''}${tail}`
}

class Router {
  path = $state.raw(location.pathname)
  place = $state.raw<Place>(placeOf(location.pathname, location.search))
}

export const router = new Router()

function read(): void {
  router.path = location.pathname
  router.place = placeOf(location.pathname, location.search)
}

export function startRouter(): () => void {
  const popped = () => {
    if (!layerPopped()) read()
  }
  addEventListener('popstate', popped)
  return () => removeEventListener('popstate', popped)
}

/** Go somewhere. Open dialogs close, and the new place takes the history entry of the lowest of them. */
export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  const replace = consumeLayers() || how === 'replace' || path === location.pathname + location.search
  history[replace ? 'replaceState' : 'pushState']({ depth: depth() + (replace ? 0 : 1) }, '', path)
  read()
}

/** How many steps back still lie inside the app. */
function depth(): number {
  return Number((history.state as { depth?: number } | null)?.depth ?? 0)
}

/** One step back if that stays in the app, else to the parent place. */
export function back(parent: string): void {
  if (depth() > 0) history.back()
  else go(parent, 'replace')
}

/** For `onclick` of links: the browser's own ways (new tab, new window) stay. */
export function follow(event: MouseEvent, path: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  go(path)
}
