/** The own profile as several screens show it: one copy, asked for again whenever one of them opens. */
import { api } from '../core/http'
import type { CoreError } from '../core/api'
import type { OwnProfile } from '../wire.gen'

class Own {
  profile = $state.raw<OwnProfile | null>(null)
  error = $state.raw<CoreError | null>(null)
}

export const own = new Own()

export async function loadOwn(): Promise<void> {
  const answer = await api('GET /api/profile')
  if (answer.ok) own.profile = answer.value
  own.error = answer.ok ? null : answer.error
}
