/** Fused attention against its formula in double precision. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contiguous, permute, sizeOf } from '../../src/layout/layout.ts'
import type { FloatTensor } from '../../src/layout/tensor.ts'
import { blocks } from '../../src/wasm/product-workspace.ts'
import { attend, attentionWeights, scope } from '../steps/on-host.ts'
import { elements } from './elements.ts'

interface Sizes {
  readonly heads: number
  readonly n: number
  readonly m: number
  readonly d: number
  readonly e: number
}

/** A tensor of the shape whose axes stand in memory in the given order, with gaps. */
function random(shape: readonly number[], order: readonly number[], seed: number): FloatTensor {
  const inMemory = contiguous(order.map((axis) => shape[axis]! + 1))
  const { stride } = permute(
    inMemory,
    order.map((_, axis) => order.indexOf(axis)),
  )
  const data = Float32Array.from(
    { length: sizeOf(inMemory.shape) },
    (_, i) => Math.sin(seed + i * 12.9898) * 2,
  )
  return { data, shape, stride, offset: 0 }
}

/** A value by the definition, and how far from it single precision may be. */
interface Expected {
  readonly value: number
  readonly within: number
}

/**
 * [heads, n, e] and [heads, n, m] by the definition. Rounding a sum of d products to single precision leaves a score about √d · 2⁻²⁴ of their sizes off, one
 * more and another less, and a weight by up to twice as large a part of itself.
 */
function byFormula(
  q: number[],
  k: number[],
  v: number[],
  bias: number[] | null,
  scale: number,
  { heads, n, m, d, e }: Sizes,
) {
  const output: Expected[] = []
  const weights: Expected[] = []
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < n; i++) {
      let magnitude = 0
      const scores = Array.from({ length: m }, (_, j) => {
        const products = Array.from(
          { length: d },
          (_, x) => q[(h * n + i) * d + x]! * k[(h * m + j) * d + x]!,
        )
        magnitude = Math.max(magnitude, scale * products.reduce((sum, product) => sum + Math.abs(product), 0))
        return scale * products.reduce((sum, product) => sum + product, 0) + (bias?.[i * m + j] ?? 0)
      })
      const rounding = 2 * 2 ** -24 * Math.sqrt(d) * magnitude
      const maximum = Math.max(...scores)
      const powers = scores.map((score) => Math.exp(score - maximum))
      const total = powers.reduce((a, b) => a + b, 0)
      const row = powers.map((power) => power / total)
      weights.push(...row.map((value) => ({ value, within: 2e-6 + value * (2e-6 + rounding) })))
      for (let x = 0; x < e; x++) {
        const products = row.map((weight, j) => weight * v[(h * m + j) * e + x]!)
        const value = products.reduce((sum, product) => sum + product, 0)
        const size = products.reduce((sum, product) => sum + Math.abs(product), 0)
        output.push({ value, within: 2e-6 + 2e-6 * Math.abs(value) + rounding * size })
      }
    }
  }
  return { output, weights }
}

function expectClose(got: number[], want: Expected[]): void {
  expect(got.length).toBe(want.length)
  const far = got.findIndex((value, i) => !(Math.abs(value - want[i]!.value) <= want[i]!.within))
  expect(far < 0 ? 'close' : `${got[far]} instead of ${want[far]!.value} at ${far}`).toBe('close')
}

/** The same outside of any model and inside, where results live in linear memory; what comes out is read before it is gone. */
const places: Record<string, (run: () => FloatTensor) => FloatTensor> = {
  'JavaScript memory': (run) => run(),
  'linear memory': scope,
}

const order = fc.shuffledSubarray([0, 1, 2], { minLength: 3 })

test.each(Object.entries(places))(
  'in %s attention of any strided q, k and v equals its formula, with and without weights and bias',
  (_, place) => {
    const sizes = fc.record({
      heads: fc.integer({ min: 1, max: 3 }),
      n: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(47, 48, 49, 97)),
      m: fc.integer({ min: 1, max: 20 }),
      d: fc.integer({ min: 1, max: 9 }),
      e: fc.integer({ min: 1, max: 9 }),
    })
    fc.assert(
      fc.property(
        sizes,
        fc.tuple(order, order, order),
        fc.boolean(),
        fc.boolean(),
        (size, orders, weights, biased) => {
          const { heads, n, m, d, e } = size
          const q = random([heads, n, d], orders[0], 1)
          const k = random([heads, m, d], orders[1], 2)
          const v = random([heads, m, e], orders[2], 3)
          const bias = biased ? random([n, m], [1, 0], 4) : undefined
          const want = byFormula(
            elements(q),
            elements(k),
            elements(v),
            bias ? elements(bias) : null,
            0.7,
            size,
          )
          const options = { scale: 0.7, bias }
          const output = place(() => attend(q, k, v, options))
          expect(output.shape).toEqual([heads, n, e])
          expectClose(elements(output), want.output)
          if (weights) expectClose(elements(place(() => attentionWeights(q, k, v, options))), want.weights)
        },
      ),
      { numRuns: 60 },
    )
  },
)

test.each(Object.entries(places))(
  'in %s few queries of many or wide keys and values equal the formula: a single row goes its own way',
  (_, place) => {
    for (const n of [1, 2, 7]) {
      for (const [m, d, e] of [
        [32, 1, 32],
        [33, 16, 64],
        [40, 32, 31],
        [197, 64, 64],
        [blocks.depth + 5, 8, 33],
        [8, blocks.depth + 3, 40],
      ] as const) {
        const size = { heads: 2, n, m, d, e }
        const q = random([2, n, d], [0, 1, 2], 1)
        const k = random([2, m, d], [1, 0, 2], 2)
        const v = random([2, m, e], [0, 1, 2], 3)
        const want = byFormula(elements(q), elements(k), elements(v), null, 0.5, size)
        expectClose(elements(place(() => attend(q, k, v, { scale: 0.5 }))), want.output)
      }
    }
  },
)

test('the heads of the output merge into one axis without a copy', () => {
  const heads = random([2, 3, 5, 4], [0, 1, 2, 3], 1)
  const output = attend(heads, heads, heads)
  expect(output.shape).toEqual([2, 3, 5, 4])
  expect(output.stride).toEqual([60, 4, 12, 1])
})

test('a key that the bias masks with -Infinity has no weight, and a row of which all are masked is NaN as in PyTorch', () => {
  const q = random([1, 2, 4], [0, 1, 2], 1)
  const bias = { ...contiguous([2, 2]), data: Float32Array.of(0, Number.NEGATIVE_INFINITY, 0, 0) }
  bias.data.fill(Number.NEGATIVE_INFINITY, 2)
  const weights = attentionWeights(q, q, q, { bias })
  expect(elements(weights)).toEqual([1, 0, Number.NaN, Number.NaN])
})

test.each(Object.entries(places))(
  'in %s rows that do not fit one block of scores are attended in several',
  (_, place) => {
    const size = { heads: 2, n: 700, m: 90, d: 4, e: 3 }
    const q = random([2, 700, 4], [0, 1, 2], 1)
    const k = random([2, 90, 4], [1, 0, 2], 2)
    const v = random([2, 90, 3], [2, 1, 0], 3)
    const want = byFormula(elements(q), elements(k), elements(v), null, 0.5, size)
    expectClose(elements(place(() => attend(q, k, v, { scale: 0.5 }))), want.output)
    expectClose(elements(place(() => attentionWeights(q, k, v, { scale: 0.5 }))), want.weights)
  },
)

test.each([
  { what: 'more keys than are summed at a time', heads: 2, n: 23, m: 801, d: 5, e: 11 },
  { what: 'longer queries than are summed at a time', heads: 1, n: 21, m: 18, d: 801, e: 3 },
  { what: 'more heads than are packed at a time', heads: 90, n: 3, m: 100, d: 32, e: 32 },
])('in linear memory $what are attended, masked, as in JavaScript memory', ({ what: _, ...size }) => {
  const { heads, n, m, d, e } = size
  const q = random([heads, n, d], [1, 0, 2], 1)
  const k = random([heads, m, d], [0, 1, 2], 2)
  const v = random([heads, m, e], [0, 2, 1], 3)
  const bias = { ...random([n, m], [0, 1], 4), stride: [0, 1] }
  const want = byFormula(elements(q), elements(k), elements(v), elements(bias), 1 / d, size)
  expectClose(elements(scope(() => attend(q, k, v, { scale: 1 / d, bias }))), want.output)
  const weights = scope(() => attentionWeights(q, k, v, { scale: 1 / d, bias }))
  expectClose(elements(weights), want.weights)
})

test.each(Object.entries(places))('in %s no queries give no output, and no keys give zeros', (_, place) => {
  const none = random([2, 0, 4], [0, 1, 2], 1)
  const some = random([2, 3, 4], [0, 1, 2], 1)
  expect(place(() => attend(none, some, some)).shape).toEqual([2, 0, 4])
  expect(elements(place(() => attend(some, none, none)))).toEqual(new Array(24).fill(0))
})
