/** The pattern page as a whole: its examples, what it loads, and whether everyone can use it. */
import { describe, expect, test } from 'vitest'
import { gallery } from '../../../docs/playground/model/gallery.ts'
import { drawingLabel, patchify, pattern, sentence, type } from './on-patterns.ts'
import { coloursOf, complaints, desktop, loaded, overflow, phone, useSite, visit } from './site.ts'

useSite()

describe('the gallery', () => {
  test('shows each pattern, drawn', () =>
    visit({ path: '' }, async (page) => {
      for (const [i, { title, pattern: text }] of gallery.entries()) {
        const button = page.locator('.gallery button').nth(i)
        await button.scrollIntoViewIfNeeded()
        await expect.poll(() => coloursOf(page, `.gallery li:nth-child(${i + 1}) canvas`)).toBeGreaterThan(1)
        await button.click()
        expect(await button.getAttribute('aria-current'), title).toBe('true')
        expect(await page.locator(pattern).inputValue()).toBe(text)
        expect(await page.locator('#message.wrong').count()).toBe(0)
        expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(3)
      }
    }))

  test('the time of the real call is taken', () =>
    visit({ path: patchify }, async (page) => {
      const figure = page.locator('.time .figure')
      await expect.poll(() => figure.innerText(), { timeout: 20_000 }).toMatch(/\d+(\.\d+)? (ns|µs|ms|s)/)
      expect(await page.locator('.time').innerText()).toContain('[8, 3, 224, 224]')
    }))

  test('says whether memory moves, and why', () =>
    visit({ path: patchify }, async (page) => {
      expect(await page.locator('#memory').innerText()).toMatch(
        /One copy[\s\S]*288 B are written[\s\S]*cannot be one dimension/,
      )
      await page.locator('.gallery button', { hasText: 'HWC to CHW' }).click()
      expect(await page.locator('#memory').innerText()).toMatch(/A view[\s\S]*nothing moves/)
    }))
})

describe('the page', () => {
  test('loads less than 140 kB, compressed, its worker included', () =>
    visit({ path: patchify, first: true }, async (page) => {
      const sizes = await loaded(page, () =>
        expect.poll(() => page.locator('.time .figure').innerText(), { timeout: 20_000 }).toMatch(/s/),
      )
      expect(sizes.size).toBeGreaterThan(5)
      expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(140_000)
    }))

  test('is not allowed to compile code from text, and does not need to', () =>
    visit({ path: patchify }, async (page) => {
      // later, because the debugger's own calls are exempt
      const refused = await page.evaluate(
        () =>
          new Promise((resolve) =>
            setTimeout(() => {
              try {
                resolve(new Function('return 1')())
              } catch (error) {
                resolve((error as Error).name)
              }
            }),
          ),
      )
      expect(refused).toBe('EvalError')
    }))

  test('explains what is too large to draw', () =>
    visit({ path: 'index.html#repeat?p=a+-%3E+a+900&x=3' }, async (page) => {
      expect(await sentence(page)).toMatch(
        /^repeat \[3\] to \[3, 900\]: repeat along 900\. .* too many elements to draw\.$/,
      )
      expect(await page.locator('#memory').innerText()).toMatch(/A view[\s\S]*\[3, 900\]/)
      expect(await page.locator('.ladder').innerText()).toContain('repeat along 900')
      await type(page, 'a -> a 9')
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(3)
    }))

  test('draws five dimensions, and large tensors with shorter axes', () =>
    visit({ path: 'index.html#rearrange?p=a+b+c+d+e+-%3E+e+d+(c+b)+a&x=2,2,2,3,3' }, async (page) => {
      expect(await drawingLabel(page)).toMatch(/to \[3, 3, 4, 2\]/)
      await page.locator('#shape-0').fill('8, 64, 7, 56, 56')
      expect(await page.locator('.note').innerText()).toMatch(
        /the ends are drawn \(⋯\): a shows 3 of 8, b shows \d of 64/,
      )
      expect(await page.locator('#memory').innerText()).toContain('[1404928, 21952, 3136, 56, 1]')
    }))
})

describe('everyone', () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const [screen, size] of Object.entries({ desktop, phone })) {
      test(`can use it: ${screen}, ${theme}`, () =>
        visit({ path: patchify, theme, ...size }, async (page) => {
          expect(await complaints(page, theme)).toEqual([])
          expect(await overflow(page)).toBe(0)
          await type(page, 'b c h w -> b c h')
          expect(await complaints(page, theme)).toEqual([])
          expect(await overflow(page)).toBe(0)
        }))
    }
  }

  test('can switch the light', () =>
    visit({ path: '' }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const light = await paper()
      await page.locator('#theme').click()
      expect(await paper()).not.toBe(light)
      expect(await complaints(page)).toEqual([])
    }))

  test('can do everything by keyboard', () =>
    visit({ path: patchify }, async (page) => {
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter') // skips to the pattern
      expect(await page.locator(pattern).inputValue()).toBe('b c (h s1) (w s2) -> b (h w) (s1 s2 c)')
      expect(page.url()).toContain('#rearrange?p=b+c')
      await page.locator(pattern).focus()
      const reached: string[] = []
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab')
        reached.push(
          await page.evaluate(() => document.activeElement?.id || document.activeElement?.className || ''),
        )
      }
      for (const wanted of ['shape-0', 'length-0', 'drawing', 'play', 'copy-code', 'copy-link']) {
        expect(reached).toContain(wanted)
      }
    }))
})
