/** Read marks on their way to the server: at most one every two seconds a chat, the highest wins, none is lost. */
import type { Book } from './book'
import type { Ask } from './link'

/** The server writes marks that often at most (architecture §2). */
const EVERY_MS = 2_000

export class Reads {
  #book: Book
  #ask: Ask
  #wanted = new Map<string, number>()
  #timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(book: Book, ask: Ask) {
    this.#book = book
    this.#ask = ask
  }

  mark(chat: string, seq: number): void {
    const record = this.#book.records.get(chat)
    if (!record || seq > record.cursor) return
    const known = Math.max(record.state.view.read_seq, this.#wanted.get(chat) ?? 0)
    if (seq <= known && !record.state.view.marked_unread) return
    this.#wanted.set(chat, Math.max(seq, known))
    this.#book.foresee(chat, seq)
    if (!this.#timers.has(chat)) void this.#send(chat)
  }

  /** Connected again: what could not be sent goes now. */
  flush(): void {
    for (const chat of this.#wanted.keys()) if (!this.#timers.has(chat)) void this.#send(chat)
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#wanted.clear()
  }

  async #send(chat: string): Promise<void> {
    const seq = this.#wanted.get(chat)
    if (seq === undefined) return
    const next = () => {
      this.#timers.delete(chat)
      void this.#send(chat)
    }
    this.#timers.set(chat, setTimeout(next, EVERY_MS))
    const answer = await this.#ask('message.read', { chat, seq })
    const done = answer.ok || !answer.error.retryable
    if (done && this.#wanted.get(chat) === seq) this.#wanted.delete(chat)
    if (!done && answer.error.code === 'offline') {
      clearTimeout(this.#timers.get(chat))
      this.#timers.delete(chat) // `flush` comes with the connection
    }
  }
}
