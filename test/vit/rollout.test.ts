import ndarray from 'ndarray'
import { expect, test } from 'vitest'
import { attentionRollout } from '../../src/vit/rollout.ts'

/** [1, head, n, n] */
const map = (heads: number[][][]) => {
  const n = heads[0]!.length
  return ndarray(Float32Array.from(heads.flat(2)), [1, heads.length, n, n])
}

test('one layer is half its mean attention and half the identity', () => {
  const flow = attentionRollout([
    map([
      [
        [1, 0],
        [0.5, 0.5],
      ],
      [
        [0, 1],
        [0.5, 0.5],
      ],
    ]),
  ])
  expect([...flow.data]).toEqual([0.75, 0.25, 0.25, 0.75])
})

test('layers multiply, the last one on the left', () => {
  const first = map([
    [
      [0, 1],
      [0, 1],
    ],
  ])
  const last = map([
    [
      [1, 0],
      [1, 0],
    ],
  ])
  // half identity each: last [[1, 0], [1/2, 1/2]] × first [[1/2, 1/2], [0, 1]]
  expect([...attentionRollout([first, last]).data]).toEqual([0.5, 0.5, 0.25, 0.75])
})

test('every row sums to 1 whatever the layers and the batch', () => {
  const n = 5
  const layers = [1, 2, 3].map((seed) => {
    const weights = Float32Array.from({ length: 2 * 3 * n * n }, (_, i) => 1 + ((i * 7919 * seed) % 13))
    for (let row = 0; row < weights.length; row += n) {
      const sum = weights.subarray(row, row + n).reduce((a, b) => a + b, 0)
      for (let j = 0; j < n; j++) weights[row + j]! /= sum
    }
    return ndarray(weights, [2, 3, n, n])
  })
  const flow = attentionRollout(layers)
  expect(flow.shape).toEqual([2, n, n])
  for (let b = 0; b < 2; b++) {
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += flow.get(b, i, j)
      expect(sum).toBeCloseTo(1, 5)
    }
  }
})

test('no layers are refused', () => {
  expect(() => attentionRollout([])).toThrow('an empty list')
})
