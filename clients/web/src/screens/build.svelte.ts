/**
 * The build that this page runs, and whether a newer one waits: registers the service worker, and changes over to the
 * newer one when somebody asks for it. It never reloads the page by itself.
 */

const LOOK_EVERY_MS = 3_600_000
/** A worker that cannot take over must not keep somebody from reloading. */
const PATIENCE_MS = 3_000

class Build {
  waits = $state(false)
}

export const build = new Build()

let registration: ServiceWorkerRegistration | undefined

/** Once, after the page is drawn. Plain http refuses service workers, and nothing is lost. */
export async function watchBuild(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  try {
    const known = await navigator.serviceWorker.register('/sw.js')
    registration = known
    look(known)
    known.addEventListener('updatefound', () => {
      known.installing?.addEventListener('statechange', () => look(known))
    })
    const ask = () => void known.update().catch(() => undefined)
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && ask())
    setInterval(ask, LOOK_EVERY_MS)
  } catch {
    // refused: the page works without
  }
}

/** The first worker of this browser takes over by itself; a waiting one is newer than what is shown. */
function look(known: ServiceWorkerRegistration): void {
  build.waits = known.waiting !== null && navigator.serviceWorker.controller !== null
}

/** «Обновить»: the waiting worker takes over, then the page loads anew. */
export async function useNewBuild(): Promise<void> {
  await registration?.update().catch(() => undefined)
  const waiting = registration?.waiting
  if (!waiting) return location.reload()
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  waiting.postMessage('use-new-build')
  setTimeout(() => location.reload(), PATIENCE_MS)
}
