/** Who is logged in on this device, also while the server cannot be asked. Knows no chats. */
import type { Outcome, SessionStore } from './api'
import { failure } from './link'
import { Topic } from './topic'
import type { Me } from '../wire.gen'

/** The only thing kept outside of the account's database: whose database to open. */
const REMEMBERED = 'rt.me'

export class Session implements SessionStore {
  readonly topic = new Topic()
  #state: SessionStore['state'] = 'starting'
  #reason: SessionStore['reason'] = ''
  #rolesVersion = 0
  #me: Me = { account: '', session: '', name: '', brand: 'rtserver', support: '', hold: '', documents: [] }
  /** Wipes what the account left on this device. */
  #ended: (account: string) => Promise<void>

  constructor(ended: (account: string) => Promise<void>) {
    this.#ended = ended
  }

  get state(): SessionStore['state'] {
    this.topic.track()
    return this.#state
  }

  get reason(): SessionStore['reason'] {
    this.topic.track()
    return this.#reason
  }

  get account(): string {
    this.topic.track()
    return this.#state === 'in' ? this.#me.account : ''
  }

  get name(): string {
    this.topic.track()
    return this.#state === 'in' ? this.#me.name : ''
  }

  get brand(): string {
    this.topic.track()
    return this.#me.brand
  }

  get support(): string {
    this.topic.track()
    return this.#me.support
  }

  get rolesVersion(): number {
    this.topic.track()
    return this.#rolesVersion
  }

  rolesChanged(): void {
    this.#rolesVersion += 1
    this.topic.touch()
  }

  get id(): string {
    return this.#me.session
  }

  /** From memory at once; `check` asks the server. */
  remember(): boolean {
    const kept = remembered()
    if (kept) this.#in(kept)
    return kept !== null
  }

  /** Ask the server. Gives false when it could not be asked. */
  async check(): Promise<boolean> {
    const before = remembered()
    try {
      const response = await fetch('/api/me', { headers: { accept: 'application/json' } })
      if (response.status === 401) {
        await this.end(before ? 'session_ended' : '')
      } else if (response.ok) {
        const me = (await response.json()) as Me
        // one browser profile, one account: what another one left must not stay
        if (before && before.account !== me.account) await this.#ended(before.account)
        this.#in(me)
      } else {
        return false
      }
      return true
    } catch {
      return false
    }
  }

  async logout(): Promise<Outcome> {
    try {
      const response = await fetch('/api/logout', { method: 'POST' })
      if (!response.ok && response.status !== 401) {
        const { error } = await response.json()
        return { ok: false, error }
      }
    } catch {
      return failure('offline')
    }
    await this.end('left')
    return { ok: true, value: undefined }
  }

  async end(reason: SessionStore['reason']): Promise<void> {
    const account = this.#me.account || (remembered()?.account ?? '')
    forget()
    if (account) await this.#ended(account)
    this.#state = 'out'
    this.#reason = reason
    this.#me = { ...this.#me, account: '', session: '', name: '' }
    this.topic.touch()
  }

  #in(me: Me): void {
    this.#me = me
    this.#state = 'in'
    this.#reason = ''
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify(me))
    } catch {
      // storage is switched off: no start without the server, nothing else
    }
    this.topic.touch()
  }
}

function remembered(): Me | null {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? 'null') as Me | null
  } catch {
    return null
  }
}

function forget(): void {
  try {
    localStorage.removeItem(REMEMBERED)
  } catch {
    // nothing was remembered then
  }
}
