/** The nine figures of the story. */
import { describe, expect, test } from 'vitest'
import { figure, path, read, ready } from './on-story.ts'
import { coloursOf, useSite, visit } from './site.ts'

useSite()

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
      const first = links[0]!.replace(/^https?:\/\/[^/]*\//, '')
      await visit({ path: first }, async (other) => {
        for (const link of links) {
          const { hash } = new URL(link)
          await other.evaluate((next) => {
            location.hash = next
          }, hash)
          const wanted = new URLSearchParams(hash.replace(/^#\w+\?/, '')).get('p')!
          await expect.poll(() => other.locator('#pattern').inputValue()).toBe(wanted)
          expect(await other.locator('#message.wrong').count(), link).toBe(0)
          expect(await coloursOf(other, '.drawing canvas')).toBeGreaterThan(3)
        }
      })
    }))
})
