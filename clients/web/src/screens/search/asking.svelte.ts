/** One search as it is typed: waits until the typing stops, drops answers that come too late, reads on page by page. */
import { core } from '../../core/index.svelte'
import type { CoreError, FoundMessage, Outcome, FoundPage } from '../../core/api'

/** Typing that stops for this long is a question. */
const PAUSE_MS = 250
/** A page may be empty before the last: that many of them are read for one press. */
const EMPTY_MAX = 5

export type Wanted = { query: string; chat?: string; author?: string }

export class Asking {
  items = $state.raw<readonly FoundMessage[]>([])
  /** Of one chat, counted up to 100; null when it is not known. */
  total = $state.raw<number | null>(null)
  next = $state.raw<string | null>(null)
  busy = $state(false)
  error = $state.raw<CoreError | null>(null)

  #wanted: Wanted = { query: '' }
  /** Bumped by each question: an answer to an older one is worth nothing. */
  #round = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Ask after the pause; `now` asks at once. */
  ask(wanted: Wanted, now = false): void {
    this.stop()
    this.#wanted = wanted
    this.error = null
    if (wanted.query.trim() === '') {
      this.items = []
      this.total = this.next = null
      this.busy = false
      return
    }
    this.busy = true
    this.#timer = setTimeout(() => void this.#read(''), now ? 0 : PAUSE_MS)
  }

  again(): void {
    this.ask(this.#wanted, true)
  }

  /** The next page; true when it brought something. */
  async more(): Promise<boolean> {
    if (this.next === null || this.busy) return false
    const before = this.items.length
    await this.#read(this.next)
    return this.items.length > before
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#round += 1
  }

  async #read(page: string): Promise<void> {
    const round = ++this.#round
    this.busy = true
    let answer: Outcome<FoundPage>
    let from = page
    for (let tries = 1; ; tries += 1) {
      answer = await core.search.messages({ ...this.#wanted, page: from })
      if (round !== this.#round) return
      if (!answer.ok || answer.value.items.length > 0 || answer.value.next === null || tries === EMPTY_MAX) break
      from = answer.value.next
    }
    this.busy = false
    if (!answer.ok) {
      this.error = answer.error
      return
    }
    this.error = null
    this.items = page === '' ? answer.value.items : [...this.items, ...answer.value.items]
    if (page === '') this.total = answer.value.total
    this.next = answer.value.next
  }
}
