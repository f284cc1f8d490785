/** What Home shows of the school: the last answer is kept while the page lives, so that coming back is instant. */
import { api } from '../../core/http'
import type { AuthOptions, Home, HomeClass } from '../../wire.gen'

class Kept {
  data = $state.raw<Home | null>(null)
  options = $state.raw<AuthOptions | null>(null)
}

export const home = new Kept()

/** Ask anew; an answer that did not come leaves what was there. */
export async function loadHome(lastUse: (chat: string) => number): Promise<void> {
  const [said, options] = await Promise.all([api('GET /api/home'), home.options ? null : api('GET /api/auth/options')])
  if (said.ok) home.data = { ...said.value, classes: byUse(said.value.classes, lastUse) }
  if (options?.ok) home.options = options.value
}

/** The classes most recently written in first (design, Appendix D); the server's order among the rest. */
export function byUse(classes: readonly HomeClass[], lastUse: (chat: string) => number): HomeClass[] {
  const use = (one: HomeClass) => (one.chat ? lastUse(one.chat) : 0)
  return [...classes].sort((x, y) => use(y) - use(x))
}
