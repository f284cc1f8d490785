/** Log-out from a screen of entering: what the account left on this device goes with it. */

/** Ends the session, wipes local data, then opens `path` by a whole load. False when the server could not be told. */
export async function leave(path: string): Promise<boolean> {
  // the core knows what it keeps; it is loaded only here
  const { core } = await import('../../core/index.svelte')
  const left = await core.session.logout()
  if (left.ok) location.replace(path)
  return left.ok
}
