/** Addresses of entering: which screen stands at a path, and where a flow's state leads. Pure. */
import type { Flow, NextStep } from '../../wire.gen'

export type EnterPlace =
  | { screen: 'landing' | 'login' | 'code' | 'password' | 'other' | 'reset' | 'profile' | 'invitation' | 'apply' | 'sent' | 'school' | 'hold' }
  | { screen: 'invite' | 'parent' | 'qr'; token: string }

const PLAIN: Record<string, EnterPlace> = {
  '/': { screen: 'landing' },
  '/login': { screen: 'login' },
  '/login/code': { screen: 'code' },
  '/login/password': { screen: 'password' },
  '/login/other': { screen: 'other' },
  '/login/reset': { screen: 'reset' },
  '/register/profile': { screen: 'profile' },
  '/invitation': { screen: 'invitation' },
  '/apply': { screen: 'apply' },
  '/apply/organisation': { screen: 'apply' },
  '/apply/role': { screen: 'apply' },
  '/apply/sent': { screen: 'sent' },
  '/school/new': { screen: 'school' },
  '/hold': { screen: 'hold' },
}
const LINKS = { i: 'invite', p: 'parent', qr: 'qr' } as const

/** The entering screen of an address, or null when the address belongs to the application. */
export function enterPlaceOf(path: string): EnterPlace | null {
  const plain = PLAIN[path]
  if (plain) return plain
  const [, kind = '', token = '', more] = path.split('/')
  if (token && more === undefined && kind in LINKS) return { screen: LINKS[kind as keyof typeof LINKS], token }
  return null
}

/** Where a flow before log-in is answered. */
export function pathOfFlow(flow: Flow): string {
  switch (flow.state) {
    case 'code':
      return '/login/code'
    case 'password':
      return '/login/password'
    case 'other':
    case 'claimed':
      return '/login/other'
    case 'new_password':
      return '/login/reset'
    case 'profile':
      return '/register/profile'
    default:
      return '/login'
  }
}

/** Where a logged-in account goes on. */
export function pathOfStep(next: NextStep): string {
  switch (next.step) {
    case 'invitation':
      return '/invitation'
    case 'child':
      return `/p/${next.link}`
    case 'hold':
      return '/hold'
    case 'waiting':
      return '/apply/sent'
    case 'apply':
      return '/apply'
    default:
      return '/home'
  }
}

/** A pasted invitation as a path of this site: whole address, or only its end. Null when it is none. */
export function pathOfLink(pasted: string): string | null {
  const found = /(?:^|\/)((?:i|p)\/[A-Za-z0-9_-]{8,200})\/?$/.exec(pasted.trim())
  return found ? `/${found[1]}` : null
}
