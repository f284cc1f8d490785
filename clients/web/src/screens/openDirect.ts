/** Open the direct chat with somebody; it is made when there is none. */
import { core } from '../core/index.svelte'
import { chatPath, go } from './router.svelte'
import { run } from './run'

export async function openDirect(person: string): Promise<boolean> {
  const asked = core.commands.createDirect(person)
  const done = await run(asked)
  const outcome = await asked
  if (outcome.ok) go(chatPath(outcome.value))
  return done
}
