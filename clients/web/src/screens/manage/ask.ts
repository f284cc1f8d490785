/** One change of the desk: says how it went, in a toast, and whether it went. */
import type { Outcome } from '../../core/api'
import { showToast } from '../../ui/toast.svelte'
import { errorText } from '../words'

export async function done(asked: Promise<Outcome<unknown>>, words = ''): Promise<boolean> {
  const answer = await asked
  if (!answer.ok) showToast(errorText(answer.error), { tone: 'error' })
  else if (words) showToast(words)
  return answer.ok
}
