/** Several tabs of one account: which of them live, which one writes the cache, and a line between them. */
import { nonce } from './nonce'

export class Tabs<Message> {
  /** This tab's name; its lock is held for as long as the tab lives. */
  readonly own = nonce()
  /** True when this tab writes the cache of chats. Without locks (plain http) every tab does. */
  leads = typeof navigator === 'undefined' || navigator.locks === undefined
  #channel: BroadcastChannel | null = null
  #release: (() => void)[] = []
  #account = ''

  /** Resolves when the tab's lock is held. `leading` is called when this tab becomes the one that writes. */
  async open(account: string, heard: (message: Message) => void, leading: () => void): Promise<void> {
    this.#account = account
    if (typeof BroadcastChannel !== 'undefined') {
      this.#channel = new BroadcastChannel(`rt-${account}`)
      this.#channel.onmessage = (event: MessageEvent<Message>) => heard(event.data)
    }
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
    if (locks === undefined) return
    await new Promise<void>((held) => void locks.request(this.#lock(this.own), () => (held(), this.#hold())))
    void locks.request(`rt-lead-${account}`, () => {
      this.leads = true
      leading()
      return this.#hold()
    })
  }

  say(message: Message): void {
    this.#channel?.postMessage(message)
  }

  /** Names of living tabs, or null when that cannot be known. */
  async living(): Promise<Set<string> | null> {
    if (typeof navigator === 'undefined' || navigator.locks === undefined) return null
    const { held } = await navigator.locks.query()
    return new Set(held?.map((lock) => lock.name?.replace(this.#lock(''), '') ?? ''))
  }

  close(): void {
    this.#channel?.close()
    this.#channel = null
    for (const release of this.#release.splice(0)) release()
  }

  #lock(tab: string): string {
    return `rt-tab-${this.#account}-${tab}`
  }

  #hold(): Promise<void> {
    return new Promise((release) => this.#release.push(release))
  }
}
