/** The story of a digit as a person reads it: draws, looks at every figure, pulls levers, brings a model of one's own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
const figure = (page: Page, name: string) => page.locator(`#figure-${name}`)
const bars = (page: Page) => page.locator('#answer .number').allInnerTexts()

/** Brings a figure into view, where it is drawn. */
async function read(page: Page, name: string): Promise<void> {
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
}

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

  test('can be undone and cleared; an empty pad has no answer and no looks', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await draw(page, drawn[4]!)
      await page.locator('#undo').click()
      await page.locator('#undo').click()
      await expect.poll(() => verdict(page)).toBe('')
      expect(await page.locator('#pad-hint').isVisible()).toBe(true)
      await read(page, 'attend')
      await page.locator('.maps').scrollIntoViewIfNeeded()
      expect(await coloursOf(page, '.maps .map-box .heat')).toBe(0)
    }))

  test('stands in the link, and comes back from it', async () => {
    let link = ''
    await visit({ path, permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await ready(page)
      await draw(page, drawn[4]!)
      await expect.poll(() => verdict(page)).toBe('4')
      await page.waitForFunction(() => location.hash.length > 5)
      await page.locator('#copy-link').click()
      link = await page.evaluate(() => navigator.clipboard.readText())
    })
    await visit({ path: link.replace(/^https?:\/\/[^/]*\//, '') }, async (page) => {
      await ready(page)
      await expect.poll(() => verdict(page)).toBe('4')
    })
  })
})

describe('a figure', () => {
  test('cuts the picture, and the patch that one chooses stays chosen', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'cut')
      expect(await figure(page, 'cut').locator('.tile').count()).toBe(16)
      await figure(page, 'cut').getByRole('button', { name: 'Patch 11', exact: true }).click()
      await read(page, 'pack')
      await expect
        .poll(() => figure(page, 'pack').locator('.token[aria-pressed="true"]').allInnerTexts())
        .toEqual(['11', '11'])
    }))

  test('shows the same number by convolution and by X·W + b, and its 49 products', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'embed')
      for (const [token, feature] of [
        ['7', '3'],
        ['14', '60'],
      ] as const) {
        await page.getByLabel('Slide the kernel over the patches').fill(token)
        await page.getByLabel('Which of the hundred kernels').fill(feature)
        const [product, convolution] = await page.locator('#embed-sum b').allInnerTexts()
        expect(product).toMatch(/^−?\d\.\d{3}$/)
        expect(convolution).toBe(product)
        expect(await page.locator('#embed-sum').innerText()).toContain(`patch ${token}’s token`)
      }
      await page.locator('#embed-products summary').click()
      await expect.poll(() => page.locator('.products td').count()).toBe(49)
    }))

  test('joins the class token, adds positions, and tells which place is alike', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'pack')
      expect(await figure(page, 'pack').locator('.token').count()).toBe(33)
      await read(page, 'positions')
      expect(await coloursOf(page, '#figure-positions .tile canvas')).toBeGreaterThan(5)
      // neighbours have vectors that are alike
      await figure(page, 'positions')
        .getByRole('button', { name: /^Place 6:/ })
        .click()
      await expect
        .poll(() => figure(page, 'positions').innerText())
        .toMatch(/Most like patch 6’s place: that of patch (2|5|7|10|1|3|9|11), cosine 0\.\d\d/)
    }))

  test('splits queries, keys and values, and looks in the layer and head that one chooses', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'qkv')
      expect(await figure(page, 'qkv').locator('.piece').count()).toBe(12)
      await figure(page, 'qkv').getByRole('radio', { name: 'layer 3' }).check({ force: true })
      await figure(page, 'qkv').getByRole('button', { name: 'key of head 2' }).click()
      await read(page, 'attend')
      await expect
        .poll(() => page.locator('.maps .map[aria-pressed="true"]').getAttribute('aria-label'))
        .toBe('Layer 3, head 2')
    }))

  test('weighs tokens by weights that add up to 1, and opens the numbers of each', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'attend')
      const rows = figure(page, 'attend').locator('button.look-row')
      expect(await rows.count()).toBe(17)
      const weights = await rows.locator('.weighed .figure-of').allInnerTexts()
      expect(weights.reduce((sum, one) => sum + Number(one), 0)).toBeCloseTo(1, 1)
      await rows.nth(3).click()
      await expect.poll(() => page.locator('#attend-dot').innerText()).toMatch(/patch 3 offers: 25 products/)
      const [score, weight] = await page.locator('#attend-dot b').allInnerTexts()
      expect(await rows.nth(3).innerText()).toContain(score!)
      expect(await rows.nth(3).innerText()).toContain(weight!)
    }))

  test('shows all looks on one scale, with the number under the pointer, the class token apart, the asking patch outlined', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'attend')
      const map = page.locator('.maps .map').nth(5)
      await map.scrollIntoViewIfNeeded()
      const strongest = await page.locator('.maps .map-box .heat').evaluateAll((maps) =>
        maps.map((canvas) => {
          const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 4, 4)
          return Math.max(...Array.from({ length: 16 }, (_, i) => data[4 * i + 3]!))
        }),
      )
      expect(strongest).toHaveLength(16)
      // were each scaled to its own maximum, all would be as strong
      expect(Math.max(...strongest) - Math.min(...strongest)).toBeGreaterThan(60)
      expect(await map.locator('.window.asking').isVisible()).toBe(true)
      await map.locator('.class-cell').hover()
      expect(await page.locator('#attend-readout').innerText()).toMatch(
        /^Layer 2, head 2: patch 6 gives the class token the weight 0\.\d{3}\.$/,
      )
      await map.locator('.map-box').hover({ position: { x: 3, y: 3 } })
      expect(await page.locator('#attend-readout').innerText()).toMatch(/gives patch 1 the weight/)
    }))

  test('adds attention and MLP, and reads the class token after each layer', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'feed')
      expect(await figure(page, 'feed').locator('.vector').count()).toBe(8)
      expect(await figure(page, 'feed').innerText()).toMatch(/\d+ of 400 are awake/)
      await read(page, 'layers')
      const said = await figure(page, 'layers').locator('.lens').allInnerTexts()
      expect(said).toHaveLength(5)
      expect(said.at(-1)).toMatch(/^3, 9\d %$/)
    }))

  test('ends in the answer, with what speaks for each digit', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await read(page, 'head')
      expect(await page.locator('#head-sum').innerText()).toMatch(/^For 3: 100 products/)
      await figure(page, 'head').getByRole('button', { name: 'Digit 8' }).click()
      await expect.poll(() => page.locator('#head-sum').innerText()).toMatch(/^For 8:/)
      const total = await page.locator('#head-sum b').innerText()
      expect(await figure(page, 'head').getByRole('button', { name: 'Digit 8' }).innerText()).toContain(total)
    }))

  test('says its pattern, which opens on the other page, and its line of PyTorch', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const links = await page
        .locator('.chapter a.pattern')
        .evaluateAll((nodes) => nodes.map((node) => (node as HTMLAnchorElement).href))
      expect(links).toHaveLength(9)
      expect(await page.locator('.lines code').count()).toBe(9)
      for (const link of links) {
        await visit({ path: link.replace(/^https?:\/\/[^/]*\//, '') }, async (other) => {
          expect(await other.locator('#message.wrong').count(), link).toBe(0)
          expect(await coloursOf(other, '.drawing canvas')).toBeGreaterThan(3)
        })
      }
    }))
})

describe('a lever', () => {
  const pulled = (page: Page) => page.locator('#pulled').innerText()

  test('erases patches, and the bars move', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const before = await bars(page)
      for (const patch of [2, 3, 6, 7]) {
        await page.getByRole('button', { name: `Erase patch ${patch}`, exact: true }).click()
      }
      await expect.poll(() => pulled(page)).toBe('Pulled: 4 patches erased')
      await expect.poll(() => bars(page)).not.toEqual(before)
      await page.locator('#reset-levers').click()
      await expect.poll(() => bars(page)).toEqual(before)
      expect(await page.locator('#pulled').isVisible()).toBe(false)
    }))

  test('zeroes positions, after which shuffled patches give the same answer', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.getByLabel('no positions').check()
      await expect.poll(() => pulled(page)).toBe('Pulled: no positions')
      const before = await bars(page)
      await page.locator('#shuffle').click()
      await expect.poll(() => pulled(page)).toMatch(/patches shuffled, no positions/)
      expect(await bars(page)).toEqual(before)
      await page.getByLabel('no positions').uncheck()
      await expect.poll(() => bars(page)).not.toEqual(before)
    }))

  test('mutes heads, and swaps tokens without any effect', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const before = await bars(page)
      await page.getByLabel('swapped').check()
      await expect.poll(() => pulled(page)).toBe('Pulled: two tokens swapped')
      expect(await bars(page)).toEqual(before)
      await page.getByRole('button', { name: 'Mute layer 2, head 3' }).click()
      await expect.poll(() => pulled(page)).toBe('Pulled: 1 head muted, two tokens swapped')
      await page.locator('#mute-all').click()
      await expect.poll(() => pulled(page)).toMatch(/16 heads muted/)
      expect(await bars(page)).not.toEqual(before)
    }))
})

describe('photographs', () => {
  test('are there with a real model’s answer and the look of every head', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.locator('#photos').scrollIntoViewIfNeeded()
      await expect.poll(() => page.locator('#photos .bars .name').count()).toBe(5)
      expect(await page.locator('#photos .bars .name').first().innerText()).toBe('Egyptian Mau')
      expect(await page.locator('.wall .map').count()).toBe(36)
      expect(await coloursOf(page, '#photos-view .picture')).toBeGreaterThan(500)
      await page.getByRole('button', { name: 'Layer 12, head 1' }).click()
      await expect.poll(() => page.locator('#photos-readout').innerText()).toMatch(/^Layer 12, head 1/)
      await page.locator('#photos-view').hover({ position: { x: 20, y: 20 } })
      await expect
        .poll(() => page.locator('#photos-readout').innerText())
        .toMatch(/weight of this patch is 0\.\d{4}/)
      await page.getByRole('radio', { name: 'a cup of coffee' }).check({ force: true })
      await expect.poll(() => page.locator('#photos .bars .name').first().innerText()).toBe('espresso')
    }))
})

describe('a model of one’s own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weights-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const small = () => {
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
    return weights
  }

  test('and a picture by file: answer, likeness, attention', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.locator('#photo-files').setInputFiles(small())
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

  test('still works after a picture that cannot be read', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const status = () => page.locator('#photo-status').innerText()
      const weights = small()
      await page
        .locator('#photo-files')
        .setInputFiles([{ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture') }])
      await page.locator('#photo-files').setInputFiles(weights)
      await expect.poll(status, { timeout: 20_000 }).toMatch(/the picture cannot be read/)
      await page.locator('#photo-files').setInputFiles([])
      await page.locator('#photo-files').setInputFiles(weights)
      await expect.poll(status, { timeout: 20_000 }).toMatch(/answered in/)
    }))

  test('takes names of classes, and no other JSON', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const status = () => page.locator('#photo-status').innerText()
      await page.locator('#photo-files').setInputFiles({
        name: 'package.json',
        mimeType: 'application/json',
        buffer: readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url))),
      })
      await expect.poll(status).toBe('package.json is no list of names')
      await page.locator('#photo-files').setInputFiles({
        name: 'labels.json',
        mimeType: 'application/json',
        buffer: Buffer.from('["cat", "dog"]'),
      })
      await expect.poll(status).toBe('2 names from labels.json')
    }))

  test('that is none gets a clear line', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page
        .locator('#photo-files')
        .setInputFiles({ name: 'wrong.safetensors', mimeType: '', buffer: Buffer.from('not weights at all') })
      await expect.poll(() => page.locator('#photo-status').getAttribute('class')).toContain('wrong')
      expect(await page.locator('#photo-status').innerText()).toMatch(/safetensors|header|file/i)
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

describe('the page', () => {
  test('loads less than 180 kB, compressed, besides the weights', () =>
    visit({ path }, async (page) => {
      const sizes = await loaded(page, () => ready(page))
      const code = [...sizes].filter(([url]) => !/\.safetensors|\/photos?\/|\.jpg|chelsea|coffee/.test(url))
      expect(code.length).toBeGreaterThan(4)
      expect(code.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(180_000)
    }))

  for (const theme of ['light', 'dark'] as const) {
    for (const [screen, size] of Object.entries({ desktop, phone })) {
      test(`can be used by everyone: ${screen}, ${theme}`, () =>
        visit({ path, theme, ...size }, async (page) => {
          await ready(page)
          for (const name of ['embed', 'positions', 'attend', 'layers', 'head']) await read(page, name)
          await page.locator('#photos').scrollIntoViewIfNeeded()
          await expect.poll(() => page.locator('.wall .map').count()).toBe(36)
          expect(await complaints(page)).toEqual([])
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
