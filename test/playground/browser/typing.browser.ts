/** Typing a pattern, on the fresh page and later. */
import { describe, expect, test } from 'vitest'
import { drawingLabel, numbers, patchify, pattern, sentence, setShape, type } from './on-patterns.ts'
import { coloursOf, desktop, overflow, phone, useSite, visit } from './site.ts'

useSite()

describe('typing', () => {
  test('a pattern shows its result, drawn and in words', () =>
    visit({ path: numbers }, async (page) => {
      await type(page, 'h w -> w h')
      expect(await sentence(page)).toBe('rearrange [4, 6] to [6, 4]: reorder to w h.')
      expect(await page.locator('#caption').innerText()).toMatch(/^Each row belongs to one place along w/)
      expect(await drawingLabel(page)).toBe('rearrange [4, 6] to [6, 4]: reorder to w h.')
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(20)
      await page.waitForFunction(() => location.hash.includes('p=h+w+-%3E+w+h'))
    }))

  test('axes have the same colour on both sides', () =>
    visit({ path: patchify }, async (page) => {
      const colours = await page
        .locator('.mirror .axis')
        .evaluateAll((nodes) => nodes.map((node) => `${node.textContent} ${getComputedStyle(node).color}`))
      expect(colours.length).toBe(12)
      expect(new Set(colours).size).toBe(6)
      expect(new Set(colours.map((one) => one.split(' ').slice(1).join())).size).toBe(6)
    }))

  test('an axis after the arrow is completed from the left side', () =>
    visit({ path: patchify }, async (page) => {
      await type(page, 'height width -> w')
      expect(await page.locator('#completions li').allInnerTexts()).toEqual([expect.stringMatching(/^width/)])
      await page.keyboard.press('Tab')
      await page.keyboard.type(' h')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.locator(pattern).inputValue()).toBe('height width -> width height')
      await page.keyboard.press('Control+z')
      expect(await page.locator(pattern).inputValue()).not.toBe('height width -> width height')
    }))

  test('a length that is typed changes the result, and comes back with its axis', () =>
    visit({ path: patchify }, async (page) => {
      await page.locator('[data-axis="s2"]').fill('3')
      expect(await drawingLabel(page)).toMatch(/^rearrange \[1, 3, 4, 6\] to \[1, 4, 18\]/)
      await type(page, 'b c h w -> b h w c')
      expect(await drawingLabel(page)).toMatch(/to \[1, 4, 6, 3\]/)
      await type(page, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)')
      expect(await drawingLabel(page)).toMatch(/to \[1, 4, 18\]/)
    }))
})

describe('the fresh page', () => {
  test('shows a picture in patches, and Play and the result without scrolling', () =>
    visit({ path: '' }, async (page) => {
      expect(await page.locator('#caption').innerText()).toBe(
        'Each row is one patch: its 16×16 pixels × 3 channels, one after the other.',
      )
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(300)
      const play = (await page.locator('.play').boundingBox())!
      expect(play.y + play.height).toBeLessThan(desktop.viewport.height)
    }))

  test('has the pattern, Play and the picture on a phone’s first screen', () =>
    visit({ path: '', ...phone }, async (page) => {
      const bottom = async (selector: string) => {
        const { y, height } = (await page.locator(selector).boundingBox())!
        return y + height
      }
      expect(await bottom('#pattern')).toBeLessThan(300)
      expect(await bottom('.play')).toBeLessThan(400)
      const top = (await page.locator('.drawing canvas').boundingBox())!.y
      expect(top).toBeLessThan(420)
      expect(await overflow(page)).toBe(0)
    }))

  test('takes the pattern of the documents without a complaint, and stays calm while it is typed', () =>
    visit({ path: '' }, async (page) => {
      await page.evaluate(() => {
        Object.assign(globalThis, { reds: 0, heights: new Set<number>() })
        const message = document.querySelector('#message')!
        const fields = document.querySelector('#fields')!
        new MutationObserver(() => {
          const seen = globalThis as unknown as { reds: number; heights: Set<number> }
          if (message.classList.contains('wrong')) seen.reds++
          seen.heights.add(Math.round(fields.getBoundingClientRect().top))
        }).observe(message, { attributes: true, childList: true, subtree: true })
      })
      await type(page, 'b c (h p1) (w p2) -> b (h w) (p1 p2 c)')
      await page.waitForTimeout(900)
      const { reds, heights } = await page.evaluate(() => {
        const seen = globalThis as unknown as { reds: number; heights: Set<number> }
        return { reds: seen.reds, heights: [...seen.heights] }
      })
      expect(reds).toBe(0)
      expect(heights).toHaveLength(1)
      expect(await drawingLabel(page)).toMatch(/^rearrange \[1, 3, 48, 64\] to \[1, 12, 768\]/)
    }))

  test('keeps a shape that was given', () =>
    visit({ path: numbers }, async (page) => {
      await setShape(page, '8, 10')
      await type(page, 'h w c -> c h w')
      await expect.poll(() => page.locator('#message.wrong').count()).toBe(1)
      expect(await sentence(page)).toMatch(/wrong number of dimensions/)
      await setShape(page, 'four')
      expect(await page.locator('.shape-note').innerText()).toMatch(/“four” is no shape/)
    }))

  test('understands a call that is pasted, and says why where it cannot', () =>
    visit({ path: '' }, async (page) => {
      await page
        .locator(pattern)
        .fill("x = einops.rearrange(img, 'b (h p) (w q) c -> b (h w) (p q c)', p=4, q=4)")
      await expect.poll(() => page.locator(pattern).inputValue()).toBe('b (h p) (w q) c -> b (h w) (p q c)')
      expect(await page.locator('[data-axis="p"]').inputValue()).toBe('4')
      expect(await page.locator('#message.wrong').count()).toBe(0)
      await page.locator(pattern).fill('x.reshape(b, -1)')
      await expect.poll(() => sentence(page)).toMatch(/write the lengths as numbers/)
    }))
})
