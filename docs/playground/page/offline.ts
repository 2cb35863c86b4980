/** The pages work again without a network: pages and workers keep what they loaded, and a service worker gives it. */

/** Has a page kept, and what it loads. */
export function keepOffline(): void {
  // the built pages only: a server of sources has nothing that lasts
  if (!import.meta.url.includes('/assets/') || !('serviceWorker' in navigator)) return
  addEventListener('load', () => void keep().catch(() => {})) // not allowed here: then there is no second copy
}

async function keep(): Promise<void> {
  await navigator.serviceWorker.register('./offline.js')
  await navigator.serviceWorker.ready
  await keepAll([location.href.replace(/#.*/, '')])
  keepLoaded()
}

/** Keeps what this page or worker loads from now on, and what it has: the service worker came later, or only passes it on. */
export function keepLoaded(): void {
  if (!import.meta.url.includes('/assets/') || !('caches' in globalThis)) return
  const watch = new PerformanceObserver((list) => {
    void keepAll(list.getEntries().map(({ name }) => name)).catch(() => {})
  })
  watch.observe({ type: 'resource', buffered: true })
}

async function keepAll(addresses: readonly string[]): Promise<void> {
  const shelf = await caches.open('tesserae-playground')
  for (const address of addresses) {
    if (new URL(address).origin !== location.origin) continue
    if ((await shelf.match(address, { ignoreVary: true })) === undefined)
      await shelf.add(address).catch(() => {})
  }
}
