import { expect, test } from 'vitest'
import { parseEinsum, parseTransform } from '../../grammar/index.ts'
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
])('names that stand together in %s are taken apart: %s', (text, expected) => {
  const advice = separateNames(text)
  expect(advice?.fix.to).toBe(expected)
  if (expected !== undefined) {
    expect(advice).toEqual({
      text: `names are separated by spaces: '${expected}'`,
      fix: { from: text, to: expected },
    })
  }
})

test('the errors of einsum and rearrange give that hint', () => {
  expect(() => parseEinsum('ij,jk->ik')).toThrow("'i j, j k -> i k'")
  expect(() => parseTransform('hwc -> chw', 'rearrange')).toThrow("'h w c -> c h w'")
})
