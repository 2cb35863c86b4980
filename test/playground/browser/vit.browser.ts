/** The story as a whole: what it loads, and whether everyone can use it. */
import { describe, expect, test } from 'vitest'
import { figure, path, read, ready, verdict } from './on-story.ts'
import { complaints, desktop, keptOf, loaded, overflow, type Page, phone, useSite, visit } from './site.ts'

useSite()

describe('the page', () => {
  test('loads less than 180 kB, compressed, besides the weights', () =>
    visit({ path, first: true }, async (page) => {
      const sizes = await loaded(page, () => ready(page))
      const code = [...sizes].filter(([url]) => !/\.safetensors|\/photos?\/|\.jpg|chelsea|coffee/.test(url))
      expect(code.length).toBeGreaterThan(4)
      expect(code.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(180_000)
    }))

  test('says which step is being read, and leads to each without a change of the link', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const current = page.locator('#way [aria-current="step"]')
      await expect.poll(() => current.innerText()).toMatch(/Cut/)
      await page.waitForFunction(() => location.hash.length > 5)
      const link = page.url()
      await page.locator('#way').getByRole('link', { name: 'Look' }).click()
      await expect.poll(() => current.innerText()).toMatch(/Look/)
      expect(await page.locator('#title-attend').evaluate((title) => title === document.activeElement)).toBe(
        true,
      )
      const top = () => page.locator('#title-attend').evaluate((title) => title.getBoundingClientRect().top)
      const bar = await page.locator('#way').evaluate((way) => way.getBoundingClientRect().bottom)
      await expect.poll(top).toBeLessThan(bar + 60)
      expect(await top()).toBeGreaterThanOrEqual(bar)
      expect(page.url()).toBe(link)
    }))

  test('carries the chosen token through all steps, and the frame along with the reader', () =>
    visit({ path }, async (page) => {
      await ready(page)
      // read from copies: Chromium complains of canvases that are read often
      const pixelsOf = (canvases: ReturnType<Page['locator']>) =>
        canvases.evaluateAll((all) =>
          (all as HTMLCanvasElement[]).map((canvas) => {
            const { width, height } = canvas
            const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
            copy.drawImage(canvas, 0, 0)
            return copy.getImageData(0, 0, width, height).data.join()
          }),
        )
      const forms = () => pixelsOf(page.locator('#way canvas'))
      const inked = (form: string) => /[1-9]/.test(form)
      const before = await forms()
      expect(before.map(inked)).toEqual(Array.from({ length: 9 }, () => true))
      await figure(page, 'cut').getByRole('button', { name: 'Patch 11', exact: true }).click()
      expect(await page.locator('#way-of').innerText()).toBe('patch 11')
      const after = await forms()
      // all but the answer, which is the same for every patch
      expect(after.map((form, i) => form === before[i])).toEqual([...Array(8).fill(false), true])
      // the same pixels as its tile
      const [tile] = await pixelsOf(figure(page, 'cut').locator('.tile canvas').nth(10))
      expect(after[0]).toBe(tile)
      await read(page, 'pack')
      await figure(page, 'pack').getByRole('button', { name: 'Class token' }).click()
      expect((await forms()).map(inked)).toEqual([false, false, ...Array(7).fill(true)])

      const framed = () =>
        page.locator('#way-frame').evaluate((frame) => {
          const at = (node: Element) => node.getBoundingClientRect().left
          return (
            [...document.querySelectorAll('#way a')].findIndex((link) => Math.abs(at(link) - at(frame)) < 2) +
            1
          )
        })
      for (const step of [8, 3, 9]) {
        await page
          .locator('#way a')
          .nth(step - 1)
          .click()
        await expect.poll(framed).toBe(step)
      }
    }))

  test('reads digits without a network once it was opened', () =>
    visit({ path, first: true }, async (page) => {
      await ready(page)
      await keptOf(page, 'reader.worker', '.safetensors')
      await page.context().setOffline(true)
      await page.reload()
      await ready(page)
      await expect.poll(() => verdict(page)).toBe('3')
      await page.context().setOffline(false)
    }))

  for (const theme of ['light', 'dark'] as const) {
    for (const [screen, size] of Object.entries({ desktop, phone })) {
      test(`can be used by everyone: ${screen}, ${theme}`, () =>
        visit({ path, theme, ...size }, async (page) => {
          await ready(page)
          for (const name of ['embed', 'positions', 'attend', 'layers', 'head']) await read(page, name)
          await page.locator('#photos').scrollIntoViewIfNeeded()
          await expect.poll(() => page.locator('.wall .map').count()).toBe(36)
          expect(await complaints(page, theme)).toEqual([])
          expect(await overflow(page)).toBe(0)
        }))
    }
  }

  test('fits a screen of 320 pixels, and tells the answer beside every figure', () =>
    visit({ path, viewport: { width: 320, height: 640 } }, async (page) => {
      await ready(page)
      await read(page, 'attend')
      expect(await overflow(page)).toBe(0)
      expect(await page.locator('#ticker-text').innerText()).toMatch(/^3 · \d+ %$/)
    }))
})
