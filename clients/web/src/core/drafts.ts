/** Texts begun and not sent, a chat each; kept in the account's cache. */
import type { DraftsStore } from './api'
import type { Cache } from './cache'
import { Topic } from './topic'

const SAVE_AFTER_MS = 300

export class Drafts implements DraftsStore {
  readonly topic = new Topic()
  #cache: Pick<Cache, 'drafts' | 'saveDraft'>
  #texts = new Map<string, string>()
  #timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(cache: Pick<Cache, 'drafts' | 'saveDraft'>) {
    this.#cache = cache
  }

  async open(): Promise<void> {
    for (const [chat, text] of await this.#cache.drafts()) if (!this.#texts.has(chat)) this.#texts.set(chat, text)
    this.topic.touch()
  }

  get(chat: string): string {
    this.topic.track()
    return this.#texts.get(chat) ?? ''
  }

  set(chat: string, text: string): void {
    if ((this.#texts.get(chat) ?? '') === text) return
    if (text === '') this.#texts.delete(chat)
    else this.#texts.set(chat, text)
    this.topic.touch()
    clearTimeout(this.#timers.get(chat))
    this.#timers.set(chat, setTimeout(() => void this.#cache.saveDraft(chat, text), SAVE_AFTER_MS))
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#texts.clear()
    this.topic.touch()
  }
}
