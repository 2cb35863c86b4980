/**
 * The built pages, served as any static host would, and a Chromium to visit them. Each visit is watched: an error in
 * the console or a request to another origin fails the test that made it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
  type Request,
} from 'playwright-core'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, expect } from 'vitest'

const configFile = fileURLToPath(new URL('../../../docs/playground/vite.config.ts', import.meta.url))
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** What keeps Debian's Chromium from looking for its makers' servers. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const desktop = { viewport: { width: 1280, height: 860 } }
export const phone = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true }

let server: PreviewServer
let context: BrowserContext
let profile: string
let origin = ''

/** Builds, serves and opens the browser once for a file of tests. */
export function useSite(): void {
  beforeAll(async () => {
    await build({ configFile, logLevel: 'error' })
    server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
    origin = server.resolvedUrls!.local[0]!.replace(/\/$/, '')
    profile = mkdtempSync(join(tmpdir(), 'chromium-'))
    context = await chromium.launchPersistentContext(profile, { executablePath, args: quiet, headless: true })
  })
  afterAll(async () => {
    await context?.close()
    await server?.close()
    if (profile) rmSync(profile, { recursive: true, force: true })
  })
}

/** From now on visits go to another server, of a site that is no part of the playground. */
export function serveElsewhere(address: string): void {
  origin = address
}

export interface Visit extends BrowserContextOptions {
  readonly path: string
  readonly theme?: 'light' | 'dark'
  readonly motion?: 'reduce' | 'no-preference'
}

/** Opens a page, does something on it, and checks that nothing went wrong unseen. */
export async function visit(
  { path, theme = 'light', motion = 'reduce', ...options }: Visit,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const own = await context
    .browser()
    ?.newContext({ ...desktop, ...options, colorScheme: theme, reducedMotion: motion })
  const page = await (own ?? context).newPage()
  if (own === undefined) {
    await page.setViewportSize((options.viewport ?? desktop.viewport)!)
    await page.emulateMedia({ colorScheme: theme, reducedMotion: motion })
  }
  const wrong: string[] = []
  page.on('console', (message) => {
    if (isAskedFor(message.text())) return
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`))
  page.on('request', (request) => {
    const { protocol, origin: theirs } = new URL(request.url())
    if (protocol !== 'blob:' && theirs !== origin) wrong.push(`request: ${request.url()}`)
  })
  page.on('requestfailed', (request) => {
    if (!isAskedFor(request.failure()?.errorText ?? '')) wrong.push(`failed: ${request.url()}`)
  })
  try {
    await page.goto(`${origin}/${path}`)
    await act(page)
    expect(wrong).toEqual([])
  } finally {
    await page.close()
    await own?.close()
  }
}

/** What a test that takes the network away asked for, or that reloads the page while something is under way. */
function isAskedFor(text: string): boolean {
  return /ERR_INTERNET_DISCONNECTED|ERR_ABORTED/.test(text)
}

/** What axe finds wrong with a page: contrast, names, roles. */
export async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }
    interface Finding {
      readonly id: string
      readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[]
    }
    const found = await axe.run()
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} — ${failureSummary}`),
    )
  })
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
