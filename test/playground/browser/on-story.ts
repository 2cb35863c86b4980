/** The story as tests use it: drawing with the mouse, figures in view, the answer. */
import { expect } from 'vitest'
import type { Page } from './site.ts'

export const path = 'vit.html'
export const ready = (page: Page) =>
  expect.poll(() => page.locator('#digit-status').innerText(), { timeout: 20_000 }).toMatch(/read in|failed/)
export const verdict = (page: Page) => page.locator('#verdict').innerText()
export const figure = (page: Page, name: string) => page.locator(`#figure-${name}`)
export const bars = (page: Page) => page.locator('#answer .number').allInnerTexts()

/** Brings a figure into view, where it is drawn. */
export async function read(page: Page, name: string): Promise<void> {
  await figure(page, name).scrollIntoViewIfNeeded()
  const inked = () =>
    figure(page, name)
      .locator('canvas')
      .evaluateAll((all) =>
        all.some((one) => {
          const { width, height } = one as HTMLCanvasElement
          const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
          copy.drawImage(one as HTMLCanvasElement, 0, 0)
          return copy.getImageData(0, 0, width, height).data.some((value) => value > 0)
        }),
      )
  await expect.poll(inked).toBe(true)
  // what changed while it was out of view is drawn as it comes
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** Draws lines on the pad with the mouse; coordinates are parts of its side. */
export async function draw(
  page: Page,
  lines: readonly (readonly (readonly [number, number])[])[],
): Promise<void> {
  await page.locator('#clear').click()
  const box = (await page.locator('.pad').boundingBox())!
  for (const [first, ...rest] of lines) {
    await page.mouse.move(box.x + first![0] * box.width, box.y + first![1] * box.height)
    await page.mouse.down()
    for (const [x, y] of rest)
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 6 })
    await page.mouse.up()
  }
}

export const circle = Array.from({ length: 25 }, (_, i) => {
  const angle = (i / 24) * 2 * Math.PI - 1.4
  return [0.5 + 0.22 * Math.cos(angle), 0.5 + 0.32 * Math.sin(angle)] as const
})

export const drawn: Record<string, readonly (readonly (readonly [number, number])[])[]> = {
  0: [circle],
  1: [
    [
      [0.52, 0.15],
      [0.5, 0.5],
      [0.48, 0.85],
    ],
  ],
  4: [
    [
      [0.38, 0.18],
      [0.3, 0.5],
      [0.7, 0.52],
    ],
    [
      [0.62, 0.3],
      [0.6, 0.6],
      [0.58, 0.88],
    ],
  ],
  7: [
    [
      [0.28, 0.2],
      [0.72, 0.2],
      [0.58, 0.5],
      [0.46, 0.85],
    ],
  ],
}
