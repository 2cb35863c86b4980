import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../grammar/suggest.ts'

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
  expect(didYouMean('bacth', ['batch'])).toBe("did you mean 'batch'?")
})
