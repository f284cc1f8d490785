/**
 * Texts begun and not sent, a chat each: in the account's cache at once, at the server a moment later, from where they
 * follow to the other devices. What was typed here and is not at the server yet is never replaced by the server's word.
 */
import type { DraftsStore } from './api'
import type { Cache } from './cache'
import type { Ask } from './link'
import { Topic } from './topic'

const SAVE_AFTER_MS = 300
/** Typing that stops for this long is told to the server. */
const TELL_AFTER_MS = 1_000

type Timer = ReturnType<typeof setTimeout>

export class Drafts implements DraftsStore {
  readonly topic = new Topic()
  #cache: Pick<Cache, 'drafts' | 'saveDraft'>
  #ask: Ask
  #texts = new Map<string, string>()
  #saving = new Map<string, Timer>()
  #telling = new Map<string, Timer>()
  /** Changed here, and the server has not answered yet. */
  #untold = new Set<string>()
  /** Counts what came from other devices, by chat. */
  #arrived = new Map<string, number>()

  constructor(cache: Pick<Cache, 'drafts' | 'saveDraft'>, ask: Ask) {
    this.#cache = cache
    this.#ask = ask
  }

  async open(): Promise<void> {
    for (const [chat, { text, told }] of await this.#cache.drafts()) {
      if (this.#texts.has(chat) || this.#untold.has(chat)) continue
      if (text !== '') this.#texts.set(chat, text)
      if (!told) this.#untold.add(chat)
    }
    this.topic.touch()
  }

  get(chat: string): string {
    this.topic.track()
    return this.#texts.get(chat) ?? ''
  }

  arrived(chat: string): number {
    this.topic.track()
    return this.#arrived.get(chat) ?? 0
  }

  set(chat: string, text: string): void {
    if ((this.#texts.get(chat) ?? '') === text) return
    this.#untold.add(chat)
    this.#put(chat, text)
    this.#tellLater(chat)
  }

  /** The server's word on one chat; '' when there is none. */
  take(chat: string, text: string): void {
    if (this.#untold.has(chat) || (this.#texts.get(chat) ?? '') === text) return
    this.#put(chat, text)
    this.#arrived.set(chat, (this.#arrived.get(chat) ?? 0) + 1)
    this.topic.touch()
  }

  /** All that the server has. What was typed here without a network goes there now. */
  takeAll(drafts: ReadonlyMap<string, string>): void {
    for (const chat of new Set([...this.#texts.keys(), ...drafts.keys()])) this.take(chat, drafts.get(chat) ?? '')
    for (const chat of this.#untold) void this.#tell(chat)
  }

  clear(): void {
    for (const timer of [...this.#saving.values(), ...this.#telling.values()]) clearTimeout(timer)
    this.#saving.clear()
    this.#telling.clear()
    this.#texts.clear()
    this.#untold.clear()
    this.topic.touch()
  }

  #put(chat: string, text: string): void {
    if (text === '') this.#texts.delete(chat)
    else this.#texts.set(chat, text)
    this.topic.touch()
    clearTimeout(this.#saving.get(chat))
    this.#saving.set(chat, setTimeout(() => this.#save(chat), SAVE_AFTER_MS))
  }

  #save(chat: string): void {
    void this.#cache.saveDraft(chat, this.#texts.get(chat) ?? '', !this.#untold.has(chat))
  }

  #tellLater(chat: string): void {
    clearTimeout(this.#telling.get(chat))
    // an empty one was sent or taken away: the others should not offer it for a second more
    this.#telling.set(chat, setTimeout(() => void this.#tell(chat), this.#texts.has(chat) ? TELL_AFTER_MS : 0))
  }

  async #tell(chat: string): Promise<void> {
    const text = this.#texts.get(chat) ?? ''
    const answer = await this.#ask('draft.save', { chat, text })
    if ((this.#texts.get(chat) ?? '') !== text) return // typed on: that one is told next
    // a refusal will not become another one; without a network it waits for `takeAll`
    if (!answer.ok && answer.error.retryable) return
    this.#untold.delete(chat)
    this.#save(chat)
  }
}
