/** Search of messages (R-92, E-6): one page of one question. Who asks throws away the answers that come too late. */
import type { Outcome, SearchStore, FoundPage } from './api'
import type { Ask } from './link'
import type { People } from './people'

export function makeSearch(ask: Ask, people: Pick<People, 'put'>): SearchStore {
  return {
    async messages(wanted): Promise<Outcome<FoundPage>> {
      const answer = await ask('message.search', wanted)
      if (answer.ok) {
        people.put(answer.value.people)
        return { ok: true, value: answer.value }
      }
      // signs alone have no words to look for: that is nothing found, and no mistake of anybody
      return answer.error.code === 'search_empty' ? { ok: true, value: { items: [], next: null, total: 0 } } : answer
    },
    async at(chat, ts) {
      const answer = await ask('message.at', { chat, ts })
      return answer.ok ? { ok: true, value: answer.value.seq } : answer
    },
  }
}
