/**
 * The one owner of the socket: connects, asks, and tells what it heard. Decides nothing about chats.
 *
 * JSON by websocket, and by polling where a filter breaks websockets. The cookie says who we are.
 */
import { io, type Socket } from 'socket.io-client'
import type { CoreError, Outcome } from './api'
import { delayAfter } from './model/backoff'
import { WIRE_VERSION, type Commands, type Events, type Goodbye } from '../wire.gen'

export type AnyEvent = Events[keyof Events]
export type Ask = <K extends keyof Commands>(
  name: K,
  input: Commands[K]['input'],
) => Promise<Outcome<Commands[K]['result']>>

export interface LinkListener {
  heard(event: AnyEvent): void
  /** The connection is gone; the link comes back by itself. */
  lost(): void
  /** The log-in has ended, or this page is too old: the link stays away. */
  refused(code: string): void
}

/** An answer later than this counts as lost; the nonce makes asking again harmless. */
const ANSWER_MS = 15_000

export class Link {
  #socket: Socket
  #listener: LinkListener
  #timer: ReturnType<typeof setTimeout> | undefined
  #tries = 0
  #wanted = false

  constructor(listener: LinkListener, url = '') {
    this.#listener = listener
    this.#socket = io(url, {
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      autoConnect: false,
      reconnection: false,
      withCredentials: true,
      auth: { wire_version: WIRE_VERSION },
      // filters that hold a websocket open without an answer must not hold us
      timeout: 8_000,
    })
    this.#socket.on('connect', () => (this.#tries = 0))
    this.#socket.on('connect_error', (error) => this.#failed(error))
    this.#socket.on('disconnect', () => this.#dropped())
    this.#socket.onAny((_name: string, event: AnyEvent) => {
      if (event.kind === 'server.goodbye') this.#goodbye(event)
      else this.#listener.heard(event)
    })
  }

  get open(): boolean {
    return this.#socket.connected
  }

  /** Connect now, also when a later try is planned. */
  connect(): void {
    this.#wanted = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#socket.connected) this.#socket.connect()
  }

  /** The network is said to be gone: do not wait for a heartbeat to notice. */
  drop(): void {
    if (!this.#wanted) return
    this.#socket.disconnect()
    this.#later(delayAfter(1, Math.random()))
  }

  close(): void {
    this.#wanted = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#socket.disconnect()
  }

  ask: Ask = async (name, input) => {
    if (!this.#socket.connected) return failure('offline')
    try {
      const answer = await this.#socket.timeout(ANSWER_MS).emitWithAck(name, input)
      return answer.ok ? { ok: true, value: answer } : { ok: false, error: answer.error as CoreError }
    } catch {
      return lost(this.#socket.connected ? 'timeout' : 'offline')
    }
  }

  #failed(error: Error & { data?: CoreError }): void {
    const refusal = error.data
    if (refusal?.code && !refusal.retryable) {
      this.#wanted = false
      this.#listener.refused(refusal.code)
      return
    }
    this.#listener.lost()
    const seconds = typeof refusal?.seconds === 'number' ? refusal.seconds : 0
    this.#later(Math.max(seconds * 1000, delayAfter(++this.#tries, Math.random())))
  }

  #dropped(): void {
    if (!this.#wanted) return
    this.#listener.lost()
    // a goodbye may have said when to come back
    if (this.#timer === undefined) this.#later(delayAfter(++this.#tries, Math.random()))
  }

  #goodbye(event: Goodbye): void {
    if (event.reconnect) {
      this.#tries = 0
      this.#later(event.after_ms)
      return
    }
    this.close()
    this.#listener.refused(event.reason)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = this.#wanted ? setTimeout(() => this.connect(), ms) : undefined
  }
}

/** It went out, and no answer came: whether it happened is unknown. */
export function lost(code: string): { ok: false; error: CoreError } {
  const { error } = failure(code)
  return { ok: false, error: { ...error, lost: true } }
}

export function failure(code: string): { ok: false; error: CoreError } {
  return { ok: false, error: { code, message: '', message_en: '', retryable: true, mender: 'nobody' } }
}
