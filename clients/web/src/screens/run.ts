/** Runs a command for a press: what it says when it is refused, and what when it is done. */
import type { Outcome } from '../core/api'
import { showToast } from '../ui/toast.svelte'
import { announce } from '../ui/announcer.svelte'
import { errorText } from './words'

/** True when it happened. A refusal is shown as a toast: for presses that leave the person where they are. */
export async function run<T>(asked: Promise<Outcome<T>>, done = ''): Promise<boolean> {
  const outcome = await asked
  if (!outcome.ok) {
    const text = errorText(outcome.error)
    showToast(text, { tone: 'error' })
    announce(text, 'assertive')
  } else if (done) showToast(done)
  return outcome.ok
}
