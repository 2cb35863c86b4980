/** The ViT page as a person uses it: draws, is read, looks where the model looked, brings a model of one's own. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeSafetensors } from 'tesserae/checkpoint'
import { VisionTransformer } from 'tesserae/nn'
import { afterAll, describe, expect, test } from 'vitest'
import { coloursOf, complaints, desktop, loaded, overflow, type Page, phone, useSite, visit } from './site.ts'

useSite()

const path = 'vit.html'
const ready = (page: Page) =>
  expect.poll(() => page.locator('#digit-status').innerText(), { timeout: 20_000 }).toMatch(/read in|failed/)
const verdict = (page: Page) => page.locator('#verdict').innerText()

/** Draws lines on the pad with the mouse; coordinates are parts of its side. */
async function draw(page: Page, lines: readonly (readonly (readonly [number, number])[])[]): Promise<void> {
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

const circle = Array.from({ length: 25 }, (_, i) => {
  const angle = (i / 24) * 2 * Math.PI - 1.4
  return [0.5 + 0.22 * Math.cos(angle), 0.5 + 0.32 * Math.sin(angle)] as const
})

const drawn: Record<string, readonly (readonly (readonly [number, number])[])[]> = {
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

describe('a digit', () => {
  for (const [digit, lines] of Object.entries(drawn)) {
    test(`drawn with the mouse as a ${digit} is read as one`, () =>
      visit({ path }, async (page) => {
        await ready(page)
        await draw(page, lines)
        await expect.poll(() => verdict(page)).toBe(digit)
      }))
  }

  test('of each kind can be written for one, and is read', () =>
    visit({ path }, async (page) => {
      await ready(page)
      for (let digit = 0; digit < 10; digit++) {
        await page.getByRole('button', { name: `Write a ${digit}` }).click()
        await expect.poll(() => verdict(page)).toBe(String(digit))
      }
    }))

  test('is read while it is drawn, stroke by stroke', () =>
    visit({ path, motion: 'no-preference' }, async (page) => {
      await ready(page)
      await page.evaluate(() => {
        const seen = new Set<string>()
        Object.assign(globalThis, { seen })
        new MutationObserver(() =>
          seen.add(document.querySelector('#answer .best .number')?.textContent ?? ''),
        ).observe(document.querySelector('#answer')!, { subtree: true, childList: true, characterData: true })
      })
      await page.getByRole('button', { name: 'Write a 8' }).click()
      await expect.poll(() => verdict(page)).toBe('8')
      const seen = await page.evaluate(() => (globalThis as unknown as { seen: Set<string> }).seen.size)
      expect(seen).toBeGreaterThan(3)
    }))

  test('can be undone and cleared', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await draw(page, drawn[4]!)
      await page.locator('#undo').click()
      await page.locator('#undo').click()
      await expect.poll(() => verdict(page)).toBe('')
      expect(await page.locator('#pad-hint').isVisible()).toBe(true)
    }))

  test('shows patches, tokens, and the look of every layer and head', () =>
    visit({ path }, async (page) => {
      await ready(page)
      expect(await page.locator('.tile').count()).toBe(16)
      expect(await page.locator('.token').count()).toBe(17)
      expect(await page.locator('.map').count()).toBe(16)
      expect(await coloursOf(page, '.token canvas')).toBeGreaterThan(20)
      await page.getByRole('button', { name: 'Layer 2, head 3' }).click()
      expect(await page.locator('#look-caption').innerText()).toBe(
        'Where the class token looks in layer 2, head 3',
      )
      await page.getByRole('button', { name: /^Patch 6:/ }).click()
      expect(await page.locator('#look-caption').innerText()).toBe('Where patch 6 looks in layer 2, head 3')
      await page.locator('#look-all').click()
      expect(await page.locator('#look-caption').innerText()).toMatch(/class token through all layers/)
    }))
})

describe('a model of one’s own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weights-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('and a picture by file: answer, likeness, attention', () =>
    visit({ path }, async (page) => {
      const model = new VisionTransformer({
        imgSize: 32,
        patchSize: 8,
        embedDim: 192,
        depth: 2,
        numHeads: 3,
        numClasses: 7,
      })
      const weights = join(folder, 'small.safetensors')
      writeFileSync(weights, writeSafetensors(model.stateDict()))
      await ready(page)
      await page.locator('#photo-files').setInputFiles(weights)
      await expect
        .poll(() => page.locator('#photo-status').innerText(), { timeout: 20_000 })
        .toMatch(/answered in/)
      expect(await page.locator('#photo-answer li').count()).toBe(5)
      expect(await page.locator('#photo-model').innerText()).toMatch(/32×32/)
      await page.locator('#photo-what').selectOption('likeness')
      await page.locator('#photo-view').focus()
      await page.keyboard.press('ArrowRight')
      expect(await page.locator('#photo-caption').innerText()).toMatch(/embedding is like/)
      expect(await complaints(page)).toEqual([])
    }))

  test('that is none gets a clear line', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page
        .locator('#photo-files')
        .setInputFiles({ name: 'wrong.safetensors', mimeType: '', buffer: Buffer.from('not weights at all') })
      await expect.poll(() => page.locator('#photo-status').innerText()).toMatch(/safetensors|header|file/i)
      expect(await page.locator('#photo-status').getAttribute('class')).toContain('wrong')
    }))

  const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))
  const tiny = join(data, 'weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors')
  test.skipIf(!existsSync(tiny))('a real ViT-Tiny sees a cat (needs ../shared/data)', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page
        .locator('#photo-files')
        .setInputFiles([
          tiny,
          join(data, 'images/chelsea.png'),
          join(data, 'labels/imagenet-simple-labels.json'),
        ])
      await expect
        .poll(() => page.locator('#photo-answer li').first().innerText(), { timeout: 40_000 })
        .toMatch(/Egyptian/)
    }),
  )
})

test('a pattern of the model opens on the pattern page', () =>
  visit({ path }, async (page) => {
    await ready(page)
    await page.getByRole('link', { name: 'h n m, h m d -> n (h d)' }).click()
    await expect.poll(() => page.locator('#pattern').inputValue()).toBe('h n m, h m d -> n (h d)')
    expect(await page.locator('.drawing').getAttribute('aria-label')).toBe(
      'einsum [2, 3, 3] and [2, 3, 2] to [3, 4]: multiply where h and m match, sum over m.',
    )
  }))

test('the page loads less than 150 kB, compressed, without the weights', () =>
  visit({ path }, async (page) => {
    const sizes = await loaded(page, () => ready(page))
    const code = [...sizes].filter(([url]) => !url.endsWith('.safetensors'))
    expect(code.length).toBe(sizes.size - 1)
    expect(code.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(150_000)
  }))

describe('everyone', () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const [screen, size] of Object.entries({ desktop, phone })) {
      test(`can use it: ${screen}, ${theme}`, () =>
        visit({ path, theme, ...size }, async (page) => {
          await ready(page)
          expect(await complaints(page)).toEqual([])
          expect(await overflow(page)).toBe(0)
        }))
    }
  }
})
