/** What was asked for and is not acknowledged yet, drawn over what is known. A refusal takes it away again. */
import type { Outcome } from './api'
import type { Message } from '../wire.gen'
import type { Listing } from './model/listing'
import { Topic } from './topic'

interface MessagePatch {
  chat: string
  seq: number
  change(message: Message): Message
}

export class Overlays {
  readonly topic = new Topic()
  #messages: MessagePatch[] = []
  #listings: ((listing: Listing) => Listing)[] = []

  message(chat: string, message: Message): Message {
    let shown = message
    for (const patch of this.#messages) {
      if (patch.chat === chat && patch.seq === message.seq) shown = patch.change(shown)
    }
    return shown
  }

  listing(listing: Listing): Listing {
    return this.#listings.reduce((shown, change) => change(shown), listing)
  }

  /** Shown changed until the answer is here; its event came before the answer. */
  async onMessage<T>(patch: MessagePatch, work: Promise<Outcome<T>>): Promise<Outcome<T>> {
    this.#messages.push(patch)
    this.topic.touch()
    const outcome = await work
    this.#messages = this.#messages.filter((one) => one !== patch)
    this.topic.touch()
    return outcome
  }

  async onListing<T>(change: (listing: Listing) => Listing, work: Promise<Outcome<T>>): Promise<Outcome<T>> {
    this.#listings.push(change)
    this.topic.touch()
    const outcome = await work
    this.#listings = this.#listings.filter((one) => one !== change)
    this.topic.touch()
    return outcome
  }
}
