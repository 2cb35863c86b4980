/** The SIMD forms, which run inside a model, against the plain ones, for every layout and length. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FloatTensor } from '../../src/layout/tensor.ts'
import { activate, add, drop, layerNorm, multiply, rmsNorm, scope, softmax } from '../steps/on-host.ts'
import { layoutsOf, tensor, values, waves } from './tensors.ts'

const weightOf = (n: number) => tensor([n], waves(n, 2))
const biasOf = (n: number) => tensor([n], waves(n, 3))

const functions: Record<string, (x: FloatTensor) => FloatTensor> = {
  softmax: (x) => softmax(x),
  layerNorm: (x) => layerNorm(x, { weight: weightOf(x.shape[2]!), bias: biasOf(x.shape[2]!), eps: 1e-5 }),
  'layerNorm without parameters': (x) => layerNorm(x, { eps: 1e-6 }),
  'layerNorm over two axes': (x) => layerNorm(x, { eps: 1e-5, axes: [1, 2] }),
  'layerNorm over the first axis': (x) => layerNorm(x, { eps: 1e-5, axes: [0] }),
  rmsNorm: (x) => rmsNorm(x, { weight: weightOf(x.shape[2]!), eps: 1e-6 }),
  gelu: (x) => activate(x, 'gelu'),
  'gelu-tanh': (x) => activate(x, 'gelu-tanh'),
  relu: (x) => activate(x, 'relu'),
  silu: (x) => activate(x, 'silu'),
  'quick-gelu': (x) => activate(x, 'quick-gelu'),
  drop: (x) => drop(x, { p: 0.3, seed: 77 }),
  'drop of everything': (x) => drop(x, { p: 1, seed: -1 }),
  'add of itself': (x) => add(x, x),
  'add of a row': (x) => add(x, biasOf(x.shape[2]!)),
  'add to a row': (x) => add(biasOf(x.shape[2]!), x),
  'add of a number for each row': (x) => add(x, tensor([x.shape[1]!, 1], waves(x.shape[1]!, 4))),
  'multiply by a matrix': (x) => multiply(x, tensor(x.shape.slice(1), waves(x.shape[1]! * x.shape[2]!, 5))),
  'multiply of two that repeat': (x) =>
    multiply(tensor([x.shape[0]!, 1, 1], waves(x.shape[0]!)), biasOf(x.shape[2]!)),
}

const length = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 17, 31))

describe.each(Object.entries(functions))('%s', (_, compute) => {
  test('gives inside a model what it gives outside, wherever its input lives', () => {
    fc.assert(
      fc.property(length, length, length, (a, b, c) => {
        const x = tensor([a, b, c], waves(a * b * c))
        for (const [layout, view] of Object.entries(layoutsOf(x))) {
          const expected = values(compute(view))
          const brought = values(scope(() => compute(view)))
          // the product with ones lives in linear memory and has the view's shape
          const resident = values(scope(() => compute(multiply(view, tensor([1], [1])))))
          for (const got of [brought, resident]) {
            const wrong = got.findIndex(
              (value, i) => !(Math.abs(value - expected[i]!) <= 2e-6 * Math.max(1, Math.abs(expected[i]!))),
            )
            expect(
              wrong < 0 ? 'close' : `${layout}: ${got[wrong]} instead of ${expected[wrong]} at ${wrong}`,
            ).toBe('close')
            expect(got.length).toBe(expected.length)
          }
        }
      }),
      { numRuns: 25 },
    )
  })
})

test('layer norm of long rows of one number is 0, whatever rounding leaves of its variance', () => {
  for (const value of [77.7, 170_000, 1.7e6]) {
    const x = tensor([1, 9216], new Array<number>(9216).fill(value))
    const got = values(scope(() => layerNorm(x, { eps: 1e-5 })))
    // the plain form, in double precision, gives 0
    expect(Math.max(...got.map(Math.abs)), String(value)).toBeLessThan(value * 1e-4)
  }
})

test.each([
  { n: 150_528, offset: 1e5 },
  { n: 1_000_000, offset: 1e6 },
  { n: 1_000_003, offset: -1e6 },
])('layer norm of $n numbers about $offset is within 1e-4 of that in doubles', ({ n, offset }) => {
  const data = Float32Array.from({ length: n }, (_, i) => offset + 3 * Math.sin(i * i))
  const mean = data.reduce((sum, value) => sum + (value - offset), 0) / n + offset
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n
  const x = { data, shape: [1, n], stride: [n, 1], offset: 0 }
  for (const got of [layerNorm(x, { eps: 1e-5 }), scope(() => layerNorm(x, { eps: 1e-5 }))]) {
    const far = got.data.findIndex(
      (value, i) => !(Math.abs(value - (data[i]! - mean) / Math.sqrt(variance + 1e-5)) < 1e-4),
    )
    expect(far).toBe(-1)
  }
})

test('norms of numbers whose squares no float holds are those of smaller numbers', () => {
  const row = [1, -2, 3, 0.5, -0.25, 4, 1, 1, 2]
  for (const size of [1e30, 1e-12]) {
    for (const norm of [rmsNorm, layerNorm]) {
      const expected = values(norm(tensor([1, 9], row), { eps: 0 }))
      const large = tensor(
        [1, 9],
        row.map((value) => value * size),
      )
      for (const got of [values(norm(large, { eps: 0 })), values(scope(() => norm(large, { eps: 0 })))]) {
        for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 5)
      }
    }
  }
})

test('softmax of values that are not finite is what the plain form says', () => {
  const rows = [
    [1, Number.NEGATIVE_INFINITY, 2, 3, 4],
    [
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ],
    [Number.POSITIVE_INFINITY, 0, 0, 0, 0],
    [Number.NaN, 0, 0, 0, 0],
    [0, 0, 0, 0, Number.NaN],
    [1000, 999, -1000, 0, 0],
  ]
  for (const row of rows) {
    const x = tensor([1, 5], row)
    const plain = values(softmax(x))
    const inHeap = values(scope(() => softmax(x)))
    expect(inHeap.map((value) => value.toFixed(6))).toEqual(plain.map((value) => value.toFixed(6)))
  }
})
