/** The pages work again without a network: a service worker keeps what they loaded. */

export function keepOffline(): void {
  // the built pages only: a server of sources has nothing that lasts
  if (!import.meta.url.includes('/assets/') || !('serviceWorker' in navigator)) return
  addEventListener('load', () => void keep().catch(() => {})) // not allowed here: then there is no second copy
}

async function keep(): Promise<void> {
  await navigator.serviceWorker.register('./offline.js')
  const { active } = await navigator.serviceWorker.ready
  const keepAll = (addresses: readonly string[]) => active?.postMessage(addresses)
  keepAll([location.href.replace(/#.*/, '')])
  // what came before the service worker did, or was on its way then
  const watch = new PerformanceObserver((list) => keepAll(list.getEntries().map(({ name }) => name)))
  watch.observe({ type: 'resource', buffered: true })
}
