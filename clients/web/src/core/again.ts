/**
 * Asking again after a lost answer: the command went out, and the connection broke before the server's word came.
 *
 * Every command may be repeated: by its nonce, or since it only sets a value. What never went out is not tried again
 * here: the person sees at once that a network is needed. Posts have a way of their own, the outbox.
 */
import type { Ask } from './link'

const TRIES_MAX = 3

/** `connected` gives true as soon as the client is connected and caught up, false when that took too long. */
export function askAgain(ask: Ask, connected: () => Promise<boolean>): Ask {
  return async (name, input) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await ask(name, input)
      if (answer.ok || answer.error.lost !== true || tries === TRIES_MAX) return answer
      if (!(await connected())) return answer
    }
  }
}
