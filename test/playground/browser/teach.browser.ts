/** Teach it: two classes drawn with the mouse are learned, and fresh drawings are named right. */
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import {
  coloursOf,
  complaints,
  desktop,
  keptOf,
  loaded,
  overflow,
  type Page,
  phone,
  useSite,
  visit,
} from './site.ts'

useSite()

const path = 'teach.html'
type Line = readonly (readonly [number, number])[]

const status = (page: Page) => page.locator('#status').innerText()
const best = (page: Page) => page.locator('#answer .best .name').innerText()
const examples = (page: Page, kind: number) => page.locator('.kind').nth(kind).locator('.example').count()

/** Draws with the mouse; coordinates are parts of the pad's side. */
async function draw(page: Page, lines: readonly Line[]): Promise<void> {
  await page.locator('#clear').click()
  const box = (await page.locator('.pad').boundingBox())!
  for (const [first, ...rest] of lines) {
    await page.mouse.move(box.x + first![0] * box.width, box.y + first![1] * box.height)
    await page.mouse.down()
    for (const [x, y] of rest)
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 })
    await page.mouse.up()
  }
}

/** A loop of these radii, begun at this angle. */
const loop = (rx: number, ry: number, from: number): Line[] => [
  Array.from({ length: 17 }, (_, i) => {
    const angle = from + (i / 16) * 2 * Math.PI
    return [0.5 + rx * Math.cos(angle), 0.5 + ry * Math.sin(angle)] as const
  }),
]
/** A hook: down, and to the right. */
const hook = (x: number, bottom: number, right: number): Line[] => [
  [
    [x, 0.15],
    [x - 0.03, bottom],
    [right, bottom + 0.02],
  ],
]

describe('two classes', () => {
  test('drawn with the mouse are learned, fresh drawings are named right, and the second page opens what was saved', () =>
    visit({ path, acceptDownloads: true }, async (page) => {
      await page.getByLabel('Name of class 1').fill('loop')
      await page.getByLabel('Name of class 2').fill('hook')
      for (const [rx, ry, from] of [
        [0.3, 0.3, 0],
        [0.2, 0.35, 2],
        [0.35, 0.25, 4],
        [0.28, 0.33, 5],
      ] as const) {
        await draw(page, loop(rx, ry, from))
        await page.getByRole('button', { name: 'This is loop' }).click()
      }
      for (const [x, bottom, right] of [
        [0.3, 0.8, 0.7],
        [0.4, 0.75, 0.75],
        [0.35, 0.85, 0.65],
        [0.25, 0.7, 0.8],
      ] as const) {
        await draw(page, hook(x, bottom, right))
        await page.getByRole('button', { name: 'This is hook' }).click()
      }
      expect([await examples(page, 0), await examples(page, 1)]).toEqual([4, 4])
      expect(await status(page)).toBe('hook has 4 examples')

      await page.locator('#learn').click()
      await expect.poll(() => status(page)).toMatch(/^step \d+ of 300, loss \d\.\d\d$/)
      // it answers while it learns
      await expect.poll(() => page.locator('#film .frame').count()).toBeGreaterThan(1)
      await expect
        .poll(() => status(page), { timeout: 100_000 })
        .toMatch(/^learned in 300 steps, loss 0\.[0-2]/)

      for (const [name, lines] of [
        ['loop', loop(0.25, 0.28, 1)],
        ['hook', hook(0.33, 0.78, 0.68)],
        ['loop', loop(0.32, 0.22, 3)],
        ['hook', hook(0.45, 0.8, 0.78)],
      ] as const) {
        await draw(page, lines)
        await expect.poll(() => best(page)).toBe(name)
        expect(await page.locator('#asked').innerText()).toBe('of your drawing')
      }

      // the stages of the lesson, of this drawing: at first it looks everywhere alike, at last at strokes
      const words = await page.locator('#film .words').allInnerTexts()
      expect(words.map((one) => one.replace(/:.*/s, ''))).toEqual(
        [0, 10, 20, 40, 80, 150, 300].map((step) => `step ${step}`),
      )
      expect(words.at(-1)).toMatch(/hook (9\d|100) %$/)
      const spread = (frame: number) =>
        page
          .locator('#film .heat')
          .nth(frame)
          .evaluate((canvas) => {
            const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 7, 7)
            const alphas = Array.from({ length: 49 }, (_, i) => data[4 * i + 3]!)
            return Math.max(...alphas) - Math.min(...alphas)
          })
      expect(await spread(6)).toBeGreaterThan(3 * (await spread(0)))
      await page.locator('#film .frame').nth(2).click()
      expect(await page.locator('#heads-title').innerText()).toBe('Every head after 20 steps')
      expect(await page.locator('#curve svg').getAttribute('aria-label')).toMatch(
        /after 300 of 300 steps: 0\.\d\d/,
      )
      expect(await page.locator('#curve .thick').getAttribute('d')).toMatch(/^M.*L600\.0 /s)
      expect(await complaints(page)).toEqual([])

      const saved = async (button: string) => {
        const [download] = await Promise.all([page.waitForEvent('download'), page.locator(button).click()])
        return {
          name: download.suggestedFilename(),
          mimeType: button === '#save' ? '' : 'image/png',
          buffer: await buffer(await download.createReadStream()),
        }
      }
      const files = [await saved('#save'), await saved('#save-picture')]
      expect(files.map(({ name }) => name)).toEqual(['loop-hook.safetensors', 'drawing.png'])
      await visit({ path: 'vit.html' }, async (other) => {
        await other.locator('#photo-files').setInputFiles(files)
        await expect
          .poll(() => other.locator('#photo-answer .name').allInnerTexts(), { timeout: 20_000 })
          .toEqual(['hook', 'loop'])
        expect(await other.locator('#photo-model').innerText()).toMatch(
          /28×28, 2 classes, named \(loop, hook\)/,
        )
      })
    }))
})

describe('a lesson', () => {
  test('is refused without examples; it rests while nobody looks, and stops when it is told to', () =>
    visit({ path }, async (page) => {
      await page.locator('#learn').click()
      expect(await status(page)).toMatch(/^There is no example of A and B yet/)
      await page.getByRole('button', { name: 'This is A' }).click()
      expect(await status(page)).toBe('Draw something first.')
      await page.locator('#for-me').click()
      await page.locator('#learn').click()
      const step = async () => Number(/^step (\d+)/.exec(await status(page))?.[1] ?? 0)
      await expect.poll(step).toBeGreaterThan(5)
      const hide = (hidden: boolean) =>
        page.evaluate((value) => {
          Object.defineProperty(document, 'hidden', { configurable: true, value })
          document.dispatchEvent(new Event('visibilitychange'))
        }, hidden)
      await hide(true)
      await page.waitForTimeout(300) // the step under way
      const before = await step()
      await page.waitForTimeout(500)
      expect(await step()).toBe(before)
      await hide(false)
      await expect.poll(step).toBeGreaterThan(before)
      await page.locator('#learn').click()
      await expect.poll(() => status(page)).toMatch(/^stopped after \d+ steps/)
      expect(await page.locator('#learn').innerText()).toBe('Learn again')
    }))

  test('can be prepared by keyboard alone, and with pictures', () =>
    visit({ path }, async (page) => {
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter') // skips to the drawing
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await expect.poll(() => page.locator('#pad-hint').isHidden()).toBe(true)
      await page.locator('.pad').focus()
      await page.keyboard.press('1')
      expect(await examples(page, 0)).toBe(1)
      expect(await page.locator('#pad-hint').isVisible()).toBe(true)
      await page.locator('.example').focus()
      await page.keyboard.press('Enter')
      expect(await examples(page, 0)).toBe(0)

      const red = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(300, 200)
        const context = canvas.getContext('2d')!
        context.fillStyle = '#ff0000'
        context.fillRect(0, 0, 300, 200)
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
      })
      const picture = { name: 'red.png', mimeType: 'image/png', buffer: Buffer.from(red) }
      await page.getByLabel('Pictures of class 2').setInputFiles([picture, picture])
      await expect.poll(() => examples(page, 1)).toBe(2)
      expect(await coloursOf(page, '.kind:nth-child(2) .example canvas')).toBe(1)
      await page
        .getByLabel('Pictures of class 2')
        .setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('none') })
      await expect.poll(() => status(page)).toBe('broken.png: not a picture that this browser can read')

      await page.locator('#add-kind').click()
      expect(await page.locator('.kind').count()).toBe(3)
      await page.getByLabel('Remove class 2').click()
      expect(await page.locator('.kind').count()).toBe(2)
      expect(await page.locator('#givens button').allInnerTexts()).toEqual(['A', 'C'])
    }))
})

describe('the page', () => {
  test('learns without a network once it was opened, and never taught before', () =>
    visit({ path, first: true }, async (page) => {
      await keptOf(page, 'teacher.worker')
      await page.context().setOffline(true)
      await page.reload()
      await page.locator('#for-me').click()
      await page.locator('#learn').click()
      await expect.poll(() => status(page)).toMatch(/^step \d+ of 300, loss \d\.\d\d$/)
      await expect.poll(() => best(page)).toMatch(/^[A-Za-z]+$/)
      await page.locator('#learn').click()
      // where the test was slower than the lesson, the click began another one
      await expect.poll(() => status(page)).toMatch(/^(stopped after \d+|learned in 300) steps/)
      await page.context().setOffline(false)
    }))

  test('loads less than 182 kB, compressed', () =>
    visit({ path, first: true }, async (page) => {
      const sizes = await loaded(page, () => page.waitForLoadState('networkidle'))
      expect([...sizes.keys()].some((url) => url.includes('teacher.worker'))).toBe(true)
      expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(182_000)
    }))

  for (const theme of ['light', 'dark'] as const) {
    for (const [screen, size] of Object.entries({ desktop, phone })) {
      test(`can be used by everyone: ${screen}, ${theme}`, () =>
        visit({ path, theme, ...size }, async (page) => {
          await page.locator('#for-me').click()
          expect(await complaints(page, theme)).toEqual([])
          expect(await overflow(page)).toBe(0)
        }))
    }
  }

  test('fits a screen of 320 pixels', () =>
    visit({ path, viewport: { width: 320, height: 640 } }, async (page) => {
      await page.locator('#for-me').click()
      expect(await overflow(page)).toBe(0)
    }))
})
