/** The move in its stages, axes that are pointed at, back and forward, pack and unpack. */
import { describe, expect, test } from 'vitest'
import { drawingLabel, patchify, pattern } from './on-patterns.ts'
import { coloursOf, keptOf, useSite, visit } from './site.ts'

useSite()

describe('the stages', () => {
  test('are played by their cards', () =>
    visit({ path: patchify, motion: 'no-preference' }, async (page) => {
      const slider = page.locator('.controls input')
      const cards = page.locator('.ladder button')
      await expect.poll(() => slider.inputValue(), { timeout: 10_000 }).toBe('1000')
      expect(await cards.allInnerTexts()).toEqual([
        expect.stringMatching(/the input/),
        expect.stringMatching(/split 4 into h 2/),
        expect.stringMatching(/reorder to b h w/),
        expect.stringMatching(/merge h × w into 6/),
      ])
      await cards.nth(1).click()
      await expect.poll(() => cards.nth(1).getAttribute('aria-current')).toBe('step')
      await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(150)
      expect(Number(await slider.inputValue())).toBeLessThan(300)
      await cards.nth(0).click()
      await expect.poll(() => slider.inputValue()).toBe('0')
    }))

  test('rest where they are not seen', () =>
    visit({ path: patchify, motion: 'no-preference' }, async (page) => {
      await page.locator('.play').click()
      await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }))
      await expect.poll(() => page.locator('.controls input').inputValue()).toBe('1000')
    }))
})

describe('an axis that is pointed at', () => {
  test('lights up in the pattern, the code and the drawing', () =>
    visit({ path: patchify }, async (page) => {
      const before = await coloursOf(page, '.drawing canvas')
      await page.locator('#fields b', { hasText: 's1' }).hover()
      const lit = await page.locator('.lit').allInnerTexts()
      expect(lit.length).toBeGreaterThan(5)
      expect(new Set(lit.map((text) => text.trim().split(/\s/)[0]))).toEqual(new Set(['s1']))
      expect(await page.locator('#code .lit').count()).toBeGreaterThan(1)
      expect(await coloursOf(page, '.drawing canvas')).not.toBe(before)
    }))

  test('in the text itself too', () =>
    visit({ path: patchify }, async (page) => {
      const word = (await page.locator('.mirror .axis', { hasText: 'w' }).first().boundingBox())!
      await page.mouse.move(word.x + word.width / 2, word.y + word.height / 2)
      expect(await page.locator('.mirror .lit').first().innerText()).toBe('w')
    }))
})

describe('the browser’s buttons', () => {
  test('go back and forward by examples, and another operation keeps the pattern', () =>
    visit({ path: '' }, async (page) => {
      await page.locator('.try .chip', { hasText: 'Split heads' }).click()
      await page.locator('.try .chip', { hasText: 'Tiling' }).click()
      await page.goBack()
      expect(await page.locator(pattern).inputValue()).toBe('b n (h d) -> b h n d')
      await page.goBack()
      expect(await page.locator(pattern).inputValue()).toBe('(h s1) (w s2) c -> (h w) (s1 s2 c)')
      await page.goForward()
      expect(await page.locator(pattern).inputValue()).toBe('b n (h d) -> b h n d')
      await page.getByRole('radio', { name: 'einsum' }).check({ force: true })
      expect(await page.locator(pattern).inputValue()).toBe('b n (h d) -> b h n d')
    }))

  test('reload it without a network', () =>
    visit({ path: patchify, first: true }, async (page) => {
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready
      })
      await keptOf(page)
      await page.context().setOffline(true)
      await page.reload()
      expect(await drawingLabel(page)).toMatch(/^rearrange \[1, 3, 4, 6\]/)
      await page.context().setOffline(false)
    }))
})

describe('pack and unpack', () => {
  for (const operation of ['pack', 'unpack'] as const) {
    test(`${operation} is drawn, part by part, with code`, () =>
      visit({ path: `index.html#${operation}?p=*+d&x=1,4;2,3,4` }, async (page) => {
        expect(await drawingLabel(page)).toMatch(
          operation === 'pack'
            ? /^pack \[1, 4\] and \[2, 3, 4\] to \[7, 4\]/
            : /^unpack \[7, 4\] to \[1, 4\]/,
        )
        expect(await page.locator('#code pre').innerText()).toContain(
          operation === 'pack' ? "pack([cls, patches], '* d')" : "unpack(tokens, [[1], [2, 3]], '* d')",
        )
        await page.locator('.drawing').focus()
        await page.keyboard.press('ArrowRight')
        await page.keyboard.press('ArrowDown')
        expect(await page.locator('#readout').innerText()).toMatch(/patches\[0, 0, 0\]/)
        await page.getByRole('button', { name: 'one more part' }).click()
        expect(await page.locator('.field .shape').count()).toBe(3)
        expect(await page.locator('#message.wrong').count()).toBe(0)
      }))
  }
})
