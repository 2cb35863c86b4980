import { expect, test } from 'vitest'
import { type EinopsError, parseEinsum, parsePackPattern, parseTransform } from '../../grammar/index.ts'
import { didYouMean, nearest, separateNames } from '../../grammar/suggest.ts'

test.each([
  ['heigth', ['height', 'width'], 'height'],
  ['chanels', ['channel', 'channels'], 'channels'],
  ['H', ['w', 'h'], 'h'],
  ['s3', ['s1', 's2'], 's1'],
  ['batch', ['width', 'channel'], undefined],
  ['x', ['a', 'b'], undefined],
  ['a', [], undefined],
])('of a name %s, the nearest in %j is %s', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected)
})

test('without a near name there is no hint', () => {
  expect(didYouMean('batch', ['c'])).toBeUndefined()
  expect(didYouMean('bacth', ['batch'])).toEqual({
    text: "did you mean 'batch'?",
    fix: { from: 'bacth', to: 'batch' },
  })
})

test.each([
  ['ij,jk->ik', 'i j, j k -> i k'],
  ['bhid, bhjd -> bhij', 'b h i d, b h j d -> b h i j'],
  ['hwc -> chw', 'h w c -> c h w'],
  ['batch time -> time', undefined],
  ['batch -> b', undefined],
  ['batch -> bathe', undefined],
  ['i,j->ij', 'i, j -> i j'],
  ['i,j->k', undefined],
  ['bchw,bchw->b', 'b c h w, b c h w -> b'],
  ['ij,ij->i', 'i j, i j -> i'],
  ['x y, batch time, batch time -> t', undefined],
  ['time,time->s', undefined],
])('names that stand together in %s are taken apart: %s', (text, expected) => {
  const advice = separateNames(text, (spaced) =>
    text.includes(',') ? parseEinsum(spaced) : parseTransform(spaced, 'reduce'),
  )
  expect(advice?.fix?.to).toBe(expected)
  if (expected !== undefined) {
    expect(advice).toEqual({
      text: `names are separated by spaces: '${expected}'`,
      fix: { from: text, to: expected },
    })
  }
})

function hintOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    return (error as EinopsError).hint
  }
  throw new Error('nothing was thrown')
}

const spaces = (to: string) => `names are separated by spaces: '${to}'`

test('compact notation is told of wherever a long name is made of the letters of others', () => {
  expect(hintOf(() => parseEinsum('ii->i'))).toBe(spaces('i i -> i'))
  expect(hintOf(() => parseTransform('bchw->bc', 'reduce'))).toBe(spaces('b c h w -> b c'))
  expect(hintOf(() => parseTransform('hw->hwc', 'repeat'))).toBe(spaces('h w -> h w c'))
  expect(hintOf(() => parseTransform('b h w -> b (hw)', 'rearrange'))).toBe(spaces('b h w -> b (h w)'))
  expect(hintOf(() => parseTransform('batch (hw) -> batch h w', 'rearrange'))).toBe(
    spaces('batch (h w) -> batch h w'),
  )
})

test('a slip in a long name is no compact notation', () => {
  expect(hintOf(() => parseTransform('width -> widht', 'rearrange'))).toContain('are the two one axis?')
  expect(hintOf(() => parseTransform('height width -> widht height', 'rearrange'))).toContain(
    'are the two one axis?',
  )
  expect(hintOf(() => parseTransform('batch -> b', 'rearrange'))).toBe('reduce drops axes')
})

test.each([
  ['height-x w -> w height-x', "'-' cannot stand in a name, '_' can: height_x", 'height-x', 'height_x'],
  ['h w -> h*w', 'the product of axes is a group, with spaces between them: (h w)', 'h*w', '(h w)'],
  ['h w -> (h*w)', 'the product of axes is a group, with spaces between them: (h w)', 'h*w', 'h w'],
  ['h*2 w -> h w', 'the product of axes is a group, with spaces between them: (h 2)', 'h*2', '(h 2)'],
])('what was meant in %s is said', (text, hint, from, to) => {
  const run = () => parseTransform(text, 'reduce')
  expect(hintOf(run)).toBe(hint)
  expect(run).toThrow(expect.objectContaining({ fix: { from, to } }))
})

test.each([
  ['bc*', 'bc *'],
  ['*d', '* d'],
  ['h*c', 'h * c'],
])("in pack, names that stand at the star are told to stand apart: '%s'", (text, to) => {
  const run = () => parsePackPattern(text, 'pack')
  expect(hintOf(run)).toBe(`names and '*' are separated by spaces: '${to}'`)
  expect(run).toThrow(expect.objectContaining({ fix: { from: text, to } }))
})

test('the errors of einsum and rearrange give that hint', () => {
  expect(() => parseEinsum('ij,jk->ik')).toThrow("'i j, j k -> i k'")
  expect(() => parseTransform('hwc -> chw', 'rearrange')).toThrow("'h w c -> c h w'")
})
