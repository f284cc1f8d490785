/** A plain value that tells who reads it in a rune when it changed. Knows nothing of what the value is. */
import { createSubscriber } from 'svelte/reactivity'

export class Topic {
  #listeners = new Set<() => void>()
  /** Counts changes: the key of memoised readings. */
  version = 0
  /** Call while reading: in an effect, a derived or a template the reader runs again after `touch`. */
  readonly track: () => void

  constructor() {
    this.track = createSubscriber((update) => this.on(update))
  }

  touch(): void {
    this.version += 1
    for (const listener of [...this.#listeners]) listener()
  }

  on(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
