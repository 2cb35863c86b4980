/**
 * The pages' service worker: what comes from the network is kept, and given where there is none. Built files have their
 * content in their name and are given from what is kept at once. What came before this worker did, pages and their workers
 * keep themselves (`page/offline.ts`).
 */
const shelf = 'tesserae-playground'

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return
  event.respondWith(answer(request))
})

async function answer(request) {
  const cache = await caches.open(shelf)
  const hashed = /\/assets\/.*-[\w-]{8}\.\w+$/.test(new URL(request.url).pathname)
  const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true })
  if (hashed && kept !== undefined) return kept
  try {
    const fresh = await fetch(request)
    if (fresh.ok) await cache.put(request, fresh.clone())
    return fresh
  } catch (error) {
    if (kept !== undefined) return kept
    throw error
  }
}
