/** What helps while typing: tokens, colours, completion. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyCompletion, complete } from '../../docs/playground/model/complete.ts'
import { hues, neutral, paint } from '../../docs/playground/model/palette.ts'
import { colourOf } from '../../docs/playground/model/shade.ts'
import { namesIn, tokenize } from '../../docs/playground/model/tokens.ts'

describe('tokens', () => {
  test('of any text, joined, are the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const tokens = tokenize(text)
        expect(tokens.map((token) => token.text).join('')).toBe(text)
        for (const { start, end, text: own } of tokens) expect(text.slice(start, end)).toBe(own)
      }),
    )
  })

  test('say to which operand they belong', () => {
    const tokens = tokenize('a b, b c -> (a c)').filter(({ kind }) => kind === 'axis')
    expect(tokens.map(({ text, operand }) => `${text}${operand}`)).toEqual([
      'a0',
      'b0',
      'b1',
      'c1',
      'a-1',
      'c-1',
    ])
  })
})

describe('completion', () => {
  const offered = (text: string) => {
    const caret = text.indexOf('|')
    return complete(text.replace('|', ''), caret, 'rearrange').map(({ label }) => label)
  }
  test('after the arrow offers what is still missing, in order', () => {
    expect(offered('b c h w -> b |')).toEqual(['c', 'h', 'w'])
  })
  test('of a begun name narrows to it', () => expect(offered('b s1 s2 -> s|')).toEqual(['s1', 's2']))
  test('in a group also ends it', () => expect(offered('a b -> (a |')).toEqual(['b', ')']))
  test('before an arrow offers the arrow', () => expect(offered('b c |')).toEqual(['->']))
  test('of everything at once turns the axes round', () =>
    expect(offered('a b -> |')).toEqual(['a', 'b', 'b a']))
  test('of a finished name offers nothing', () => expect(offered('h w -> h w|')).toEqual([]))
  test('in the middle of a name offers nothing', () => expect(offered('he|ight w -> w')).toEqual([]))
  test('of a second operand offers the first one’s axes', () =>
    expect(offered('i j, | -> i')).toEqual(['i', 'j']))

  test('puts spaces where words would touch', () => {
    const text = 'b c h -> b'
    const [first] = complete(text, text.length, 'rearrange')
    expect(first).toBeUndefined() // 'b' is a whole name
    const [next] = complete(`${text} `, text.length + 1, 'rearrange')
    expect(applyCompletion(`${text} `, next!)).toEqual({ text: 'b c h -> b c', caret: 12 })
    const group = complete('(h w', 4, 'rearrange')
    expect(group).toEqual([])
    const closing = complete('a -> (a', 7, 'rearrange')
    expect(closing).toEqual([])
  })
})

describe('colours', () => {
  const pages = { light: ['#fbfaf7', '#ffffff'], dark: ['#15171c', '#1d2027'] }
  test('of axes can be read as text on both pages', () => {
    for (const hue of [...hues, neutral]) {
      for (const page of pages.light) expect(contrast(hue.light, page)).toBeGreaterThanOrEqual(4.5)
      for (const page of pages.dark) expect(contrast(hue.dark, page)).toBeGreaterThanOrEqual(4.5)
    }
  })

  test('go to names in their order, and none to an ellipsis', () => {
    const painted = paint(namesIn(tokenize('b ... c -> c ... b')))
    expect(painted.get('b')).toBe(hues[0])
    expect(painted.get('...')).toBe(neutral)
    expect(painted.get('c')).toBe(hues[2])
  })

  test('of cells are light enough for dark numbers', () => {
    for (const own of [undefined, hues[0], hues[4]]) {
      for (const tone of [0, 0.5, 1]) {
        for (const group of [0, 1, 2]) {
          const lightness = Number(/oklch\(([\d.]+)/.exec(colourOf({ group, groups: 3, tone }, own))![1])
          // OKLab lightness 0.62 is a luminance of about 0.24: 5 to 1 against near black
          expect(lightness).toBeGreaterThanOrEqual(0.62)
        }
      }
    }
  })
})

/** WCAG 2.2's contrast ratio of two `#rrggbb` colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
