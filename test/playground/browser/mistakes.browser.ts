/** Mistakes are told in the library’s words, and a click repairs them. */
import { describe, expect, test } from 'vitest'
import { numbers, pattern, sentence, setShape, type } from './on-patterns.ts'
import { coloursOf, useSite, visit } from './site.ts'

useSite()

interface Slip {
  readonly typed: string
  readonly from?: string
  readonly shape?: string
  readonly says: RegExp
  readonly button: RegExp
  readonly becomes: string
}

const slips: Record<string, Slip> = {
  'a misspelt axis': {
    typed: 'height width -> widht height',
    says: /axis 'width' is only on the left/,
    button: /Write 'width'/,
    becomes: 'height width -> width height',
  },
  'no arrow': { typed: 'h w', says: /the pattern has no '->'/, button: /Add '->'/, becomes: 'h w -> h w' },
  'two arrows': {
    typed: 'h w -> w h ->',
    says: /second '->'/,
    button: /Remove the second/,
    becomes: 'h w -> w h',
  },
  'an arrow of another make': {
    typed: 'h w → w h',
    says: /no '->'/,
    button: /Write the arrow/,
    becomes: 'h w -> w h',
  },
  'a comma': {
    typed: 'h, w -> w h',
    says: /unknown character ','/,
    button: /Separate by spaces/,
    becomes: 'h w -> w h',
  },
  'an open group': {
    typed: 'h w -> (w h',
    says: /'\(' without '\)'/,
    button: /Close it after 'h'/,
    becomes: 'h w -> (w h)',
  },
  'a closed group that never began': {
    typed: 'h w -> w h)',
    says: /'\)' without '\('/,
    button: /Remove '\)'/,
    becomes: 'h w -> w h',
  },
  'groups in groups': {
    typed: 'h w -> ((h w))',
    says: /parentheses inside parentheses/,
    button: /inner parentheses/,
    becomes: 'h w -> (h w)',
  },
  'an axis twice': {
    typed: 'h w -> w h h',
    says: /axis 'h' stands twice/,
    button: /Remove 'h'/,
    becomes: 'h w -> w h',
  },
  'an axis left out': {
    typed: 'h w -> h',
    says: /axis 'w' is only on the left/,
    button: /Add 'w' to the right/,
    becomes: 'h w -> h w',
  },
  'stray dots': {
    typed: 'h .. -> .. h',
    says: /stray dots/,
    button: /Write '\.\.\.'/,
    becomes: 'h ... -> ... h',
  },
  'a bad name': { typed: 'h_ w -> w h_', says: /bad axis name/, button: /Write 'h'/, becomes: 'h w -> w h' },
  'a wrong rank': {
    typed: 'b h w -> b w h',
    shape: '4, 6',
    says: /wrong number of dimensions/,
    button: /Make the shape \[2, 4, 6\]/,
    becomes: 'b h w -> b w h',
  },
  'a length that does not divide': {
    typed: '(h s1) w -> h s1 w',
    from: 'index.html#rearrange?p=(h+s1)+w+-%3E+s1+h+w&x=4,6&n=s1:2',
    shape: '5, 6',
    says: /does not split into '\(h s1\)'/,
    button: /Crop to \[4, 6\]/,
    becomes: '(h s1) w -> h s1 w',
  },
}

describe('a mistake', () => {
  for (const [name, { typed, from = numbers, shape, says, button, becomes }] of Object.entries(slips)) {
    test(`${name}: is told in the library’s words, and a click repairs it`, () =>
      visit({ path: from }, async (page) => {
        if (shape !== undefined) await setShape(page, shape)
        await page.locator(pattern).fill(typed)
        // neutral at first: it may not be finished
        expect(await page.locator('#message.wrong').count()).toBe(0)
        await expect.poll(() => page.locator('#message.wrong').count()).toBe(1)
        expect(await sentence(page)).toMatch(says)
        expect(await page.locator(pattern).getAttribute('aria-invalid')).toBe('true')
        await page.getByRole('button', { name: button }).first().click()
        expect(await page.locator(pattern).inputValue()).toBe(becomes)
        expect(await page.locator('#message.wrong').count()).toBe(0)
      }))
  }

  test('has its carets under the span', () =>
    visit({ path: numbers }, async (page) => {
      await type(page, 'h w -> w hh')
      await expect.poll(() => page.locator('.carets').count()).toBe(1)
      const [carets, span] = await Promise.all([
        page.locator('.carets').boundingBox(),
        page.locator('.mirror .span .axis').boundingBox(),
      ])
      expect(await page.locator('.mirror .span .axis').innerText()).toBe('h')
      expect(Math.abs(carets!.x - span!.x)).toBeLessThan(3)
      expect(carets!.y).toBeGreaterThan(span!.y)
      await page.locator('#message summary').click()
      expect(await page.locator('#message pre').innerText()).toContain('^')
    }))

  test('in a link shows what its repair would give', () =>
    visit({ path: 'index.html#rearrange?p=h+w+-%3E+w+hh&x=2,3' }, async (page) => {
      expect(await page.locator('.plate.stale').count()).toBe(1)
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(3)
    }))
})
