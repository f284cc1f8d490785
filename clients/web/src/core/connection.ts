/** What the screens are told of the connection. Connects nothing. */
import type { ConnectionStore } from './api'
import { Topic } from './topic'

/** Trying for longer than this counts as being offline. */
const PATIENCE_MS = 2_000

export class Connection implements ConnectionStore {
  readonly topic = new Topic()
  #state: ConnectionStore['state'] = 'connecting'
  #since = Date.now()
  #fresh = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #retry: () => void

  constructor(retry: () => void) {
    this.#retry = retry
  }

  get state(): ConnectionStore['state'] {
    this.topic.track()
    return this.#state
  }

  get since(): number {
    this.topic.track()
    return this.#since
  }

  get fresh(): number {
    this.topic.track()
    return this.#fresh
  }

  retry(): void {
    this.#retry()
  }

  /** True once connected and caught up; false when that takes longer than `ms`. */
  settled(ms: number): Promise<boolean> {
    if (this.#state === 'online') return Promise.resolve(true)
    return new Promise((done) => {
      const end = (online: boolean) => {
        clearTimeout(timer)
        off()
        done(online)
      }
      const timer = setTimeout(() => end(false), ms)
      const off = this.topic.on(() => this.#state === 'online' && end(true))
    })
  }

  /** The link is being made; `said` by the device itself that there is no network. */
  lost(said = false): void {
    if (this.#state === 'update') return
    if (this.#state === 'online') this.#fresh = Date.now()
    if (said) this.#to('offline')
    else if (this.#state !== 'offline') {
      this.#to('connecting')
      this.#timer ??= setTimeout(() => this.#to('offline'), PATIENCE_MS)
    }
  }

  to(state: 'syncing' | 'online' | 'update'): void {
    if (state === 'online') this.#fresh = Date.now()
    this.#to(state)
  }

  /** What the cache says of its own age. */
  cached(fresh: number): void {
    this.#fresh = Math.max(this.#fresh, fresh)
    this.topic.touch()
  }

  #to(state: ConnectionStore['state']): void {
    if (state !== 'connecting') {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    if (state === this.#state) return
    this.#state = state
    this.#since = Date.now()
    this.topic.touch()
  }
}
