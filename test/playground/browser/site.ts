/**
 * Visits to the built pages. Each is watched: an error in the console or a request to another origin fails the test that made
 * it. A page is used by one visit after the other, since to open one takes longer than most tests.
 */
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import {
  type Browser,
  type BrowserContextOptions,
  type ConsoleMessage,
  chromium,
  type Page,
  type Request,
} from 'playwright-core'
import { afterAll, beforeAll, expect, inject } from 'vitest'

export const desktop = { viewport: { width: 1280, height: 860 } }
export const phone = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true }

let browser: Browser
let origin = ''
/** Pages that nobody visits at the moment, by what their browser is like. */
const free = new Map<string, Page[]>()
/** What pages, and their workers, asked for. */
const asked = new WeakMap<Page, Set<string>>()

/** Where a file of tests visits: the playground, or the documentation. */
export function useSite(which: 'playground' | 'documentation' = 'playground'): void {
  beforeAll(async () => {
    origin = inject(which)
    browser = await chromium.connect(inject('chromium'))
  })
  afterAll(async () => {
    free.clear()
    await browser?.close()
  })
}

export interface Visit extends BrowserContextOptions {
  readonly path: string
  readonly theme?: 'light' | 'dark'
  readonly motion?: 'reduce' | 'no-preference'
  /** Whether nothing of earlier visits may be kept by the browser. */
  readonly first?: boolean
}

/** Opens a page, does something on it, and checks that nothing went wrong unseen. */
export async function visit(
  { path, theme = 'light', motion = 'reduce', first = false, ...options }: Visit,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const { viewport = desktop.viewport, ...own } = options
  const kind = JSON.stringify(own)
  const pages = free.get(kind) ?? []
  free.set(kind, pages)
  const page = (first ? undefined : pages.pop()) ?? (await (await browser.newContext(own)).newPage())
  await page.setViewportSize(viewport!)
  await page.emulateMedia({ colorScheme: theme, reducedMotion: motion })
  const { wrong, stop } = watch(page)
  try {
    await page.goto(`${origin}/${path}`)
    await act(page)
    expect(wrong).toEqual([])
    stop()
    if (first) return await page.context().close()
    await page.evaluate(() => localStorage.clear())
    await page.goto('about:blank')
    pages.push(page)
  } catch (error) {
    await page.context().close()
    throw error
  }
}

/** What goes wrong on a page from now on. */
function watch(page: Page): { readonly wrong: string[]; stop(): void } {
  const wrong: string[] = []
  const onConsole = (message: ConsoleMessage) => {
    if (isAskedFor(message.text())) return
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(`console: ${message.text()}`)
  }
  const onError = (error: Error) => void wrong.push(`error: ${error.message}`)
  const requests = new Set<string>()
  asked.set(page, requests)
  const onRequest = (request: Request) => {
    requests.add(request.url())
    const { protocol, origin: theirs } = new URL(request.url())
    if (protocol !== 'blob:' && theirs !== origin) wrong.push(`request: ${request.url()}`)
  }
  const onFailed = (request: Request) => {
    if (!isAskedFor(request.failure()?.errorText ?? '')) wrong.push(`failed: ${request.url()}`)
  }
  page.on('console', onConsole)
  page.on('pageerror', onError)
  page.on('request', onRequest)
  page.on('requestfailed', onFailed)
  return {
    wrong,
    stop() {
      page.off('console', onConsole)
      page.off('pageerror', onError)
      page.off('request', onRequest)
      page.off('requestfailed', onFailed)
    },
  }
}

/** What a test that takes the network away asked for, or that reloads the page while something is under way. */
function isAskedFor(text: string): boolean {
  return /ERR_INTERNET_DISCONNECTED|ERR_ABORTED/.test(text)
}

/** What axe finds wrong with a page: contrast, names, roles; in the dark, where all but colours is the same, contrast alone. */
export async function complaints(page: Page, theme: 'light' | 'dark' = 'light'): Promise<string[]> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(
    async (rules) => {
      const { axe } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: Finding[] }> }
      }
      interface Finding {
        readonly id: string
        readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[]
      }
      const found = await axe.run(rules === null ? {} : { runOnly: rules })
      return found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} — ${failureSummary}`),
      )
    },
    theme === 'dark' ? ['color-contrast'] : null,
  )
  return violations
}

/** Loads the page again and gives the compressed size of everything it asks for until it is done. */
export async function loaded(page: Page, done: () => Promise<void>): Promise<Map<string, number>> {
  await page.waitForLoadState('networkidle') // a request cut off by the reload would count as failed
  const asked = new Set<string>()
  const note = (request: Request) => void asked.add(request.url().replace(/#.*/, ''))
  page.on('request', note)
  await page.reload()
  await done()
  page.off('request', note)
  const sizes = new Map<string, number>()
  for (const url of asked) {
    const body = new Uint8Array(await (await fetch(url)).arrayBuffer())
    sizes.set(url, gzipSync(body, { level: 9 }).length)
  }
  return sizes
}

/**
 * Waits until all that a page and its workers loaded is kept for a time without a network; `worker` names parts of what the
 * last worker to come asks for.
 */
export async function keptOf(page: Page, ...worker: readonly string[]): Promise<void> {
  const built = () => [...asked.get(page)!].filter((url) => url.includes('/assets/'))
  const missing = () =>
    page.evaluate(
      async (also) => {
        const cache = await caches.open('tesserae-playground')
        const kept = (await cache.keys()).map(({ url }) => url)
        const loaded = performance.getEntriesByType('resource').map(({ name }) => name)
        return [location.href.replace(/#.*/, ''), ...loaded, ...also].filter(
          (name) => !kept.some((url) => url.includes(name)),
        )
      },
      [...built(), ...worker],
    )
  // a script asks for others when it has come: what is complete has to be so a while later, too
  for (const wait of [0, 500]) {
    await page.waitForTimeout(wait)
    await expect.poll(missing).toEqual([])
  }
}

/** How far the page can be scrolled to the side: 0 where everything fits. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** How many different colours a canvas shows, up to a thousand: few where nothing was drawn. */
export async function coloursOf(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
      copy.drawImage(canvas as HTMLCanvasElement, 0, 0)
      const { data } = copy.getImageData(0, 0, width, height)
      const colours = new Set<number>()
      for (let i = 0; i < data.length && colours.size < 1000; i += 4) {
        if (data[i + 3] !== 0) colours.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!)
      }
      return colours.size
    })
}

export type { Page }
