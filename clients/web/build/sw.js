/**
 * Starts the page without a network (E-2): keeps the shell of one build, and nothing that a server answered about people.
 *
 * A new build waits until no page of the old one is open, so a page never mixes two builds. `SHELL` and `VERSION` are
 * filled in by pack.mjs.
 */
const SHELL = 'SHELL'
const CACHE = `shell-${'VERSION'}`
/** Never ours: the server answers these itself. */
const SERVER = /^\/(api|demo|socket\.io|socket\.io-msgpack|files|uploads|metrics|healthz|readyz)(\/|$)/

addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)))
})

addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('shell-') && name !== CACHE)
  const clear = async () => Promise.all(old(await caches.keys()).map((name) => caches.delete(name)))
  event.waitUntil(clear().then(() => clients.claim()))
})

addEventListener('message', (event) => {
  if (event.data === 'use-new-build') skipWaiting() // «Обновить»
})

addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin || SERVER.test(url.pathname)) return
  const kept = request.mode === 'navigate' ? '/' : SHELL.includes(url.pathname) ? url.pathname : null
  if (kept) event.respondWith(caches.match(kept, { cacheName: CACHE }).then((found) => found ?? fetch(request)))
})
