/** The documentation as a person reads it: finds things, copies code, opens drawings in the playground, on any screen. */
import { describe, expect, inject, test } from 'vitest'
import { complaints, overflow, phone, useSite, visit } from './site.ts'

useSite('documentation')

describe.skipIf(inject('documentation') === '')('the documentation (needs npm run build)', () => {
  test('is searched as one types, by keyboard alone', () =>
    visit({ path: 'index.html' }, async (page) => {
      await page.keyboard.press('/')
      await page.keyboard.type('forwardFeat')
      await expect.poll(() => page.locator('#found li').first().innerText()).toMatch(/VisionTransformer/)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.waitForURL(/api-nn\.html#VisionTransformer/)
      expect(await page.locator('#VisionTransformer').isVisible()).toBe(true)
    }))

  test('says so where it knows nothing', () =>
    visit({ path: 'index.html' }, async (page) => {
      await page.locator('#search').fill('xyzzyplugh')
      await expect.poll(() => page.locator('#found').innerText()).toMatch(/nothing about/)
      await page.keyboard.press('Escape')
      expect(await page.locator('#found').isVisible()).toBe(false)
    }))

  test('has an outline that marks where one is, links to headings, and the pages before and after', () =>
    visit({ path: 'language.html' }, async (page) => {
      const entries = page.locator('aside a')
      expect(await entries.count()).toBeGreaterThan(5)
      await entries.nth(3).click()
      await expect.poll(() => entries.nth(3).getAttribute('aria-current')).toBe('true')
      const anchor = page.locator('h2 .anchor').nth(2)
      await anchor.focus()
      await page.keyboard.press('Enter')
      expect(new URL(page.url()).hash.length).toBeGreaterThan(1)
      expect(await page.locator('.turn [rel="prev"]').innerText()).toMatch(/Start/)
      await page.locator('.turn [rel="next"]').click()
      await page.waitForURL(/arrays\.html/)
    }))

  test('copies code', () =>
    visit({ path: 'vit.html', permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      const block = page.locator('.block').first()
      await block.hover()
      await block.getByRole('button').click()
      await expect.poll(() => block.getByRole('button').innerText()).toBe('Copied')
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('rearrange(images,')
    }))

  test('keeps the theme from page to page', () =>
    visit({ path: 'index.html' }, async (page) => {
      await page.locator('#theme').click()
      await page.locator('nav a', { hasText: 'Errors' }).click()
      await page.waitForURL(/errors\.html/)
      expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
    }))

  test('folds its menu on a phone', () =>
    visit({ path: 'errors.html', ...phone }, async (page) => {
      expect(await page.locator('#pages').isVisible()).toBe(false)
      await page.locator('#menu').click()
      expect(await page.locator('#pages').isVisible()).toBe(true)
      await page.keyboard.press('Escape')
      expect(await page.locator('#pages').isVisible()).toBe(false)
    }))

  test('has an index of errors and a page of the examples', () =>
    visit({ path: 'errors.html' }, async (page) => {
      await page.locator('main li a', { hasText: 'No arrow' }).click()
      expect(new URL(page.url()).hash).toBe('#no-arrow')
      await page.locator('nav a', { hasText: 'Examples' }).click()
      await page.waitForURL(/examples\.html/)
      expect(await page.locator('main h2').count()).toBe(9)
    }))

  for (const theme of ['light', 'dark'] as const) {
    for (const name of ['index', 'language', 'errors', 'api-nn', 'examples', 'performance']) {
      test(`${name} can be read by everyone, ${theme}`, () =>
        visit({ path: `${name}.html`, theme }, async (page) => {
          expect(await complaints(page, theme)).toEqual([])
        }))
    }
  }

  test('fits a screen of 320 pixels', async () => {
    for (const name of [
      'index',
      'language',
      'arrays',
      'types',
      'from-einops',
      'vit',
      'adapters',
      'errors',
      'api',
      'api-nn',
      'examples',
      'performance',
    ]) {
      await visit({ path: `${name}.html`, viewport: { width: 320, height: 640 } }, async (page) => {
        expect(await overflow(page), name).toBe(0)
      })
    }
  })
})
