/**
 * The library's own cases in Chromium, under each policy a page may live under: cross-origin isolated or not, with a strict
 * Content-Security-Policy, and with one that forbids WebAssembly too, where the plain path serves.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { capabilities } from '../../src/wasm/capabilities.ts'
import { node, run } from '../package/project.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { bundle } from './bundle.ts'
import { root, selectCases } from './cases.ts'
import type { Outcome } from './page/run.ts'
import { type Policy, policies, serve } from './server.ts'

const { files, skipped } = selectCases()

/** Files of cases about what a policy takes away. */
const impossible: Partial<Record<Policy, readonly [files: RegExp, why: string][]>> = {
  strict: [[/^test\/image\/draw/, 'ndarray-ops, which draws for the command, generates code']],
  'without-wasm': [
    [/^test\/image\/draw/, 'as under the strict policy'],
    [
      /^test\/(wasm|rows\/in-heap|gemm\/(kernels|weight|allocations|thin|quantized))/,
      'about kernels and their memory',
    ],
  ],
}

/** What the pages' scripts leave on their global object. */
declare global {
  var runCases: (files: readonly string[]) => Promise<Outcome[]>
  var about: () => { isolated: boolean; capabilities: ReturnType<typeof capabilities> }
  var logitsByThreads: (
    weights: string,
    threads: number,
  ) => Promise<{ threads: number; reasons: readonly string[]; logits: number[] }>
  var logitsOfDigits: (weights: string) => Promise<number[]>
  var logitsOnCard: (weights: string) => Promise<number[] | string>
}

let folder: string
let site: { origin: string; server: Server }
let browser: BrowserContext

async function withPage<T>(
  policy: Policy,
  path: string,
  act: (page: Page) => Promise<T>,
  from: BrowserContext = browser,
): Promise<T> {
  const page = await from.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  try {
    await page.goto(`${site.origin}/${policy}/${path}`)
    const result = await act(page)
    expect(wrong).toEqual([])
    return result
  } finally {
    await page.close()
  }
}

describe.skipIf(!hasBrowser)('in Chromium', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tesserae-browser-'))
    await bundle(files, join(folder, 'site'))
    site = await serve(join(folder, 'site'))
    browser = await openBrowser(join(folder, 'profile'))
    for (const [file, reason] of skipped) console.log(`stays in Node: ${file} ${reason}`)
  })
  afterAll(async () => {
    await browser?.close()
    site?.server.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  test('there are cases to run', () => {
    expect(files.length).toBeGreaterThan(20)
  })

  test('the graphics card gives the logits of the processor, and where there is none it is said so', async () => {
    const logitsIn = (context: BrowserContext) =>
      withPage(
        'strict',
        'model.html',
        async (page) => {
          await page.waitForFunction(() => 'logitsOnCard' in globalThis)
          const path = './vit-digits.safetensors'
          return page.evaluate(
            async (weights) => [
              await globalThis.logitsOfDigits(weights),
              await globalThis.logitsOnCard(weights),
            ],
            path,
          )
        },
        context,
      )
    expect((await logitsIn(browser))[1]).toMatch(/^gpu\/no-(adapter|webgpu)$/)
    const withCard = await openBrowser(join(folder, 'profile-webgpu'), { webgpu: true })
    try {
      const [expected, logits] = (await logitsIn(withCard)) as [number[], number[]]
      expect(logits).toHaveLength(30)
      for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[i]!, 4)
    } finally {
      await withCard.close()
    }
  })

  describe.each(Object.keys(policies) as Policy[])('%s', (policy) => {
    test("the library's own cases pass", async () => {
      const left = (file: string) => impossible[policy]?.some(([pattern]) => pattern.test(file))
      const mine = files.filter((file) => !left(file))
      const outcomes = await withPage(policy, 'cases.html', async (page) => {
        await page.waitForFunction(() => 'runCases' in globalThis)
        return page.evaluate((names) => globalThis.runCases(names), mine)
      })
      const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length
      console.log(`${policy}: ${count('pass')} passed, ${count('skip')} skipped, ${count('fail')} failed`)
      expect(outcomes.filter(({ state }) => state === 'fail')).toEqual([])
      expect(count('pass')).toBeGreaterThan(300)
    })

    test('the page is what the policy says, and capabilities() knows', async () => {
      const { isolated, capabilities } = await withPage(policy, 'cases.html', async (page) => {
        await page.waitForFunction(() => 'about' in globalThis)
        return page.evaluate(() => globalThis.about())
      })
      expect(isolated).toBe(policy === 'isolated')
      expect(capabilities.simd).toBe(policy !== 'without-wasm')
      if (policy === 'without-wasm') expect(capabilities.reasons.join()).toMatch(/Content-Security-Policy/)
    })

    test("logits equal Node's, bit for bit", async () => {
      const there = await withPage(policy, 'model.html', async (page) => {
        await page.waitForFunction(() => 'logitsOfDigits' in globalThis)
        return page.evaluate(() => globalThis.logitsOfDigits('./vit-digits.safetensors'))
      })
      expect(there).toEqual(logitsInNode(policy !== 'without-wasm'))
      expect(new Set(there).size).toBe(30)
    })

    test('two threads compute the same where the page is isolated; elsewhere one does, and says why', async () => {
      const { threads, reasons, logits } = await withPage(policy, 'model.html', async (page) => {
        await page.waitForFunction(() => 'logitsByThreads' in globalThis)
        return page.evaluate(() => globalThis.logitsByThreads('./vit-digits.safetensors', 2))
      })
      expect(logits).toEqual(logitsInNode(policy !== 'without-wasm'))
      expect([threads, policy === 'isolated' ? reasons : []]).toEqual([policy === 'isolated' ? 2 : 1, []])
      if (policy === 'isolated') expect(reasons.join()).not.toMatch(/threads:/)
      else
        expect(reasons.join()).toMatch(
          /threads: one, since (this page is not cross-origin isolated|there are no WebAssembly)/,
        )
    })

    test("a Web Worker's logits are the same", async () => {
      const there = await withPage(policy, 'model.html', (page) =>
        page.evaluate(
          () =>
            new Promise<number[]>((resolve, reject) => {
              const worker = new Worker('./worker.js', { type: 'module' })
              worker.onmessage = ({ data }) => resolve(data)
              worker.onerror = ({ message }) => reject(new Error(message))
              worker.postMessage('./vit-digits.safetensors')
            }),
        ),
      )
      expect(there).toEqual(logitsInNode(policy !== 'without-wasm'))
    })
  })
})

/** The same module in the Node whose engine has the browser's instructions; without WebAssembly on the plain path. */
function logitsInNode(wasm: boolean): number[] {
  const weights = join(root, 'docs/start/vit-digits.safetensors')
  const code = `
    const { logitsOfDigits } = await import(${JSON.stringify(pathToFileURL(join(folder, 'site/model.js')))})
    const { readFileSync } = await import('node:fs')
    ${wasm ? '' : 'WebAssembly.Module = class { constructor() { throw new Error("forbidden") } }'}
    console.log(JSON.stringify(await logitsOfDigits(new Uint8Array(readFileSync(${JSON.stringify(weights)})))))`
  return JSON.parse(run(node('24'), ['--input-type=module', '--eval', code], folder))
}
