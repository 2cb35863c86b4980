/** A digit drawn, read and shared, and what the levers do to it. */
import { describe, expect, test } from 'vitest'
import { bars, draw, drawn, path, read, ready, verdict } from './on-story.ts'
import { coloursOf, type Page, useSite, visit } from './site.ts'

useSite()

describe('a digit', () => {
  test('drawn with the mouse is read as what it is', () =>
    visit({ path }, async (page) => {
      await ready(page)
      for (const [digit, lines] of Object.entries(drawn)) {
        await draw(page, lines)
        await expect.poll(() => verdict(page)).toBe(digit)
      }
    }))

  test('drawn with the keyboard alone is read as what it is', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.locator('#clear').press('Enter')
      await page.locator('.pad').focus()
      const press = async (key: string, times: number) => {
        for (let i = 0; i < times; i++) await page.keyboard.press(key)
      }
      await press('ArrowUp', 10)
      await press('Space', 1)
      await press('ArrowDown', 20)
      await press('Space', 1)
      await expect.poll(() => verdict(page)).toBe('1')
      // lifted, it leaves nothing: a second line makes a cross of it, until it is taken back
      await press('ArrowUp', 12)
      await expect.poll(() => verdict(page)).toBe('1')
      await press('Space', 1)
      await page.keyboard.down('ArrowLeft')
      await page.keyboard.down('ArrowUp')
      await page.keyboard.up('ArrowLeft')
      await page.keyboard.up('ArrowUp')
      await page.waitForFunction(() => /^[\w-]{4,}\.[\w-]{4,}/.test(location.hash.slice(1)))
      await press('Backspace', 1)
      await page.waitForFunction(() => /^[\w-]{4,}$/.test(location.hash.slice(1)))
      await expect.poll(() => verdict(page)).toBe('1')
    }))

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

  test('stands in the link, comes back from it, and is left alone by other anchors', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.getByRole('button', { name: 'Erase patch 6', exact: true }).click()
      await page.getByRole('button', { name: 'Mute layer 2, head 3' }).click()
      await page.getByLabel('no positions').check()
      await expect.poll(() => page.url()).toMatch(/#[\w.-]+&erased=5&positions=0&muted=6$/)
      await visit({ path: page.url().replace(/^https?:\/\/[^/]*\//, '') }, async (other) => {
        await ready(other)
        await expect.poll(() => pulled(other)).toBe('Pulled: 1 patch erased, no positions, 1 head muted')
        expect(await other.getByLabel('no positions').isChecked()).toBe(true)
        await other.evaluate(() => {
          location.hash = 'photo'
        })
        await other.waitForTimeout(200)
        expect(await pulled(other)).toBe('Pulled: 1 patch erased, no positions, 1 head muted')
      })
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
