/** The way of calls through the one socket: what a call asks, and what it hears. Knows nothing of media. */
import type { Outcome } from './api'
import type { AnyEvent, Ask } from './link'

export type CallAnyEvent = Extract<AnyEvent, { kind: `call.${string}` }>

export class CallChannel {
  #listeners = new Set<(event: CallAnyEvent) => void>()
  readonly ask: Ask

  constructor(ask: Ask) {
    this.ask = ask
  }

  /** True when the event is a call's; nobody else needs it. */
  heard(event: AnyEvent): boolean {
    if (!event.kind.startsWith('call.')) return false
    for (const listener of [...this.#listeners]) listener(event as CallAnyEvent)
    return true
  }

  on(listener: (event: CallAnyEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export type { Outcome }
