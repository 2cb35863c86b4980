/** The activations that the kernel applies, as SIMD polynomials, against double precision over the whole range of floats. */
import { describe, expect, test } from 'vitest'
import { erfc } from '../../src/gemm/erf.ts'
import type { FusedActivation } from '../../src/wasm/activation-codes.ts'
import { LinearMemory } from '../../src/wasm/memory.ts'
import { ProductEngine } from '../../src/wasm/product.ts'

const memory = new LinearMemory()
const engine = ProductEngine.on(memory)!

/** The activation of each number: of the product of a column [n, 1] and 1. */
function activate(x: Float32Array, activation: FusedActivation): Float32Array {
  const n = x.length
  const [source, one, target] = [memory.allocate(4 * n), memory.allocate(4), memory.allocate(4 * n)]
  memory.floats(source, n).set(x)
  memory.floats(one, 1)[0] = 1
  const none = { lengths: [1], strides: [0] }
  const along = { lengths: [n], strides: [1] }
  engine.multiply({
    ...{ m: 1, n, k: 1, activation },
    a: { origin: one, rows: none, columns: none },
    b: { origin: source, rows: none, columns: along },
    target: { origin: target, rows: none, columns: along },
  })
  const result = memory.floats(target, n).slice()
  for (const block of [source, one, target]) memory.free(block)
  return result
}

/** From −20 to 20 closely, and on to the largest floats and down to the denormals in steps of a factor. */
const inputs = (() => {
  const near = Array.from({ length: 80_001 }, (_, i) => (i - 40_000) / 2000)
  const far = Array.from({ length: 1000 }, (_, i) => 2 ** (i / 4 - 149)).flatMap((x) => [x, -x])
  return Float32Array.from([...near, ...far])
})()

const ULP = 2 ** -23
const SMALLEST = 2 ** -149
// where exp(−x) overflows, x / (1 + exp(−x)) is 0 before it has to be, as PyTorch's is
const OVERFLOWN = 2 ** -128

describe.each([
  {
    activation: 'gelu' as const,
    exact: (x: number) => 0.5 * x * erfc(-x * Math.SQRT1_2),
    ulps: () => 6,
    absolute: 4 * SMALLEST,
  },
  {
    activation: 'gelu-tanh' as const,
    exact: (x: number) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    // rounding the exponent moves the exponential by so many units
    ulps: (x: number) => 4 + 3 * Math.abs(x + 0.044715 * x ** 3),
    absolute: OVERFLOWN,
  },
  {
    activation: 'silu' as const,
    exact: (x: number) => x / (1 + Math.exp(-x)),
    ulps: () => 4,
    absolute: OVERFLOWN,
  },
  {
    activation: 'quick-gelu' as const,
    exact: (x: number) => x / (1 + Math.exp(-1.702 * x)),
    // rounding 1.702 and its product moves the exponential by so many units
    ulps: (x: number) => 4 + 2 * Math.abs(x),
    absolute: OVERFLOWN,
  },
  { activation: 'relu' as const, exact: (x: number) => Math.max(x, 0), ulps: () => 0, absolute: 0 },
])('$activation in SIMD', ({ activation, exact, ulps, absolute }) => {
  test('is within a few units in the last place of the exact value, also where that is tiny', () => {
    const result = activate(inputs, activation)
    let worst = { x: 0, excess: 0, got: 0, want: 0 }
    result.forEach((got, i) => {
      const x = inputs[i]!
      const want = exact(x)
      const allowed = ulps(x) * ULP * Math.abs(want) + absolute * Math.max(1, Math.abs(x))
      const error = Math.abs(got - want)
      const excess = error === 0 ? 0 : error / allowed
      if (!(excess <= worst.excess)) worst = { x, excess, got, want }
    })
    expect(worst.excess, JSON.stringify(worst)).toBeLessThanOrEqual(1)
  })

  test('keeps NaN, and Infinity', () => {
    const [nan, infinity] = activate(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY), activation)
    expect(nan).toBeNaN()
    expect(infinity).toBe(Number.POSITIVE_INFINITY)
  })

  test('gives a number the same result wherever it stands among others', () => {
    const alone = inputs.slice(100, 113).map((x) => activate(Float32Array.of(x), activation)[0]!)
    expect(activate(inputs.slice(100, 113), activation)).toEqual(alone)
  })
})
