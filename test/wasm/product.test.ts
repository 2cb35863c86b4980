/** The product kernel against the scalar product: every shape, place and epilogue. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { activations } from '../../src/gemm/activation.ts'
import type { FusedActivation } from '../../src/wasm/activation-codes.ts'
import { LinearMemory } from '../../src/wasm/memory.ts'
import { blocks, ProductEngine } from '../../src/wasm/product.ts'
import { lengths, numbers, type Placement, place, placements, read, scalarProduct } from './matrices.ts'

const memory = new LinearMemory()
let engine: ProductEngine

beforeAll(() => {
  engine = ProductEngine.on(memory)!
})

const plain: Placement = { columnsInside: true, gaps: [0, 0], reversed: [false, false], split: false }
const identity = (x: number) => x

function blocksFreed<T>(allocated: { readonly block: number }[], run: () => T): T {
  try {
    return run()
  } finally {
    for (const { block } of allocated) memory.free(block)
  }
}

interface Case {
  m: number
  n: number
  k: number
  at: Placement[]
  packed: boolean
  scale?: number
  withBias?: boolean
  withResidual?: boolean
  activation?: FusedActivation | null
}

/** Runs a case on the kernel and holds every number of the result, and every number around it, against what is expected. */
function check(c: Case): void {
  const { m, n, k, at, packed, scale = 1, activation = null } = c
  const a = numbers(m * k, 1)
  const b = numbers(k * n, 2)
  const bias = c.withBias ? numbers(m * n, 3) : undefined
  const residual = c.withResidual ? numbers(m * n, 4) : undefined
  const A = place(memory, a, m, k, at[0]!)
  const B = place(memory, b, k, n, at[1]!)
  const C = place(memory, new Float32Array(m * n), m, n, at[2]!, 7)
  const D = place(memory, bias ?? new Float32Array(), bias ? m : 0, bias ? n : 0, at[3]!)
  const E = place(memory, residual ?? new Float32Array(), residual ? m : 0, residual ? n : 0, at[4]!)
  const P = memory.allocate(ProductEngine.packedBytes(k, n))
  blocksFreed([A, B, C, D, E, { block: P }], () => {
    const before = memory.floats(C.block, C.floats).slice()
    if (packed) engine.packColumns(B, k, n, P)
    engine.multiply({
      m,
      n,
      k,
      a: A,
      b: packed ? { panels: P } : B,
      target: C,
      scale,
      activation,
      bias: bias ? D : null,
      residual: residual ? E : null,
    })
    const result = read(memory, C, m, n)
    const expected = scalarProduct(
      { m, n, k, a, b, scale, ...(bias && { bias }), ...(residual && { residual }) },
      activation ? activations[activation] : identity,
    )
    for (let i = 0; i < m * n; i++) {
      const error = Math.abs(result[i]! - expected.value[i]!)
      if (!(error <= expected.tolerance[i]!)) expect(result[i], `element ${i}`).toBe(expected.value[i])
    }
    // what lies between the elements is untouched
    const after = memory.floats(C.block, C.floats)
    let others = 0
    for (let i = 0; i < after.length; i++) if (after[i] === 7 && before[i] === 7) others++
    expect(others).toBe(before.filter((x) => x === 7).length)
  })
}

describe('the product kernel', () => {
  test('equals the scalar product for every shape, stride, offset and order of axes', () => {
    fc.assert(
      fc.property(
        lengths(blocks.rows),
        lengths(48),
        lengths(64),
        fc.array(placements, { minLength: 5, maxLength: 5 }),
        fc.boolean(),
        (m, n, k, at, packed) => check({ m, n, k, at, packed }),
      ),
      { numRuns: 400 },
    )
  })

  test('equals it with every epilogue', () => {
    fc.assert(
      fc.property(
        lengths(9),
        lengths(17),
        lengths(5),
        fc.array(placements, { minLength: 5, maxLength: 5 }),
        fc.record({
          packed: fc.boolean(),
          scale: fc.constantFrom(1, 0.125, -3, 0),
          withBias: fc.boolean(),
          withResidual: fc.boolean(),
          activation: fc.constantFrom(
            null,
            'gelu' as const,
            'gelu-tanh' as const,
            'relu' as const,
            'silu' as const,
            'quick-gelu' as const,
          ),
        }),
        (m, n, k, at, epilogue) => check({ m, n, k, at, ...epilogue }),
      ),
      { numRuns: 400 },
    )
  })

  for (const k of [blocks.depth - 1, blocks.depth, blocks.depth + 1, 2 * blocks.depth + 3]) {
    test(`adds up the blocks of a depth of ${k}, and applies the epilogue once`, () => {
      const at = [plain, plain, plain, plain, plain]
      check({
        m: 13,
        n: 21,
        k,
        at,
        packed: false,
        scale: 0.5,
        withBias: true,
        withResidual: true,
        activation: 'gelu',
      })
      check({
        m: blocks.rows + 5,
        n: 9,
        k,
        at,
        packed: true,
        scale: 0.5,
        withBias: true,
        withResidual: true,
        activation: 'silu',
      })
    })
  }

  test('walks more columns than one strip holds', () => {
    const at = [plain, plain, plain, plain, plain]
    check({ m: 3, n: blocks.columns + 9, k: 2, at, packed: true, withBias: true })
    check({ m: 3, n: blocks.columns + 9, k: 2, at, packed: false, withBias: true })
    check({ m: 2, n: 25, k: Math.floor(blocks.panels / 8) + 3, at, packed: false })
  })

  test('a number is the same to the last bit in whatever company its row is computed', () => {
    const [m, n, k] = [blocks.rows + 1, 72, blocks.depth + 5]
    const a = place(memory, numbers(m * k, 1), m, k, plain)
    const b = place(memory, numbers(k * n, 2), k, n, plain)
    const c = place(memory, new Float32Array(m * n), m, n, plain)
    blocksFreed([a, b, c], () => {
      engine.multiply({ m, n, k, a, b, target: c })
      const whole = read(memory, c, m, n)
      for (const rows of [1, 2, 3, 4, 5, 9]) {
        engine.multiply({ m: rows, n, k, a, b, target: c })
        expect(read(memory, c, rows, n)).toEqual(whole.slice(0, rows * n))
      }
    })
  })

  test('an empty sum is 0, and its epilogue is applied', () => {
    const at = [plain, plain, plain, plain, plain]
    check({ m: 5, n: 10, k: 0, at, packed: false, withBias: true, activation: 'gelu' })
  })

  test('the residual may be the target itself', () => {
    const [m, n, k] = [7, 19, 6]
    const a = numbers(m * k, 5)
    const b = numbers(k * n, 6)
    const c = numbers(m * n, 7)
    const A = place(memory, a, m, k, plain)
    const B = place(memory, b, k, n, plain)
    const C = place(memory, c, m, n, plain)
    blocksFreed([A, B, C], () => {
      engine.multiply({ m, n, k, a: A, b: B, target: C, residual: C })
      const expected = scalarProduct({ m, n, k, a, b, residual: c }, identity)
      read(memory, C, m, n).forEach((x, i) => {
        expect(Math.abs(x - expected.value[i]!)).toBeLessThanOrEqual(expected.tolerance[i]!)
      })
    })
  })

  test('NaN and Infinity stay in their rows and columns and follow IEEE 754', () => {
    const [m, n, k] = [9, 17, 6]
    const a = numbers(m * k, 8)
    const b = numbers(k * n, 9)
    a[3 * k + 2] = Number.NaN
    a[5 * k] = Number.POSITIVE_INFINITY
    b[4 * n + 16] = Number.NEGATIVE_INFINITY
    b[0 * n + 2] = 0
    const A = place(memory, a, m, k, plain)
    const B = place(memory, b, k, n, plain)
    const C = place(memory, new Float32Array(m * n), m, n, plain)
    blocksFreed([A, B, C], () => {
      engine.multiply({ m, n, k, a: A, b: B, target: C })
      const expected = scalarProduct({ m, n, k, a, b }, identity)
      read(memory, C, m, n).forEach((x, i) => {
        const want = expected.value[i]!
        if (Number.isFinite(want)) expect(Math.abs(x - want)).toBeLessThanOrEqual(expected.tolerance[i]!)
        else expect(x).toBe(want)
      })
    })
  })

  test('denormal products are kept, not flushed to 0', () => {
    const A = place(memory, Float32Array.of(2 ** -75, 0), 1, 2, plain)
    const B = place(memory, Float32Array.of(2 ** -74, 1), 2, 1, plain)
    const C = place(memory, Float32Array.of(5), 1, 1, plain)
    blocksFreed([A, B, C], () => {
      engine.multiply({ m: 1, n: 1, k: 2, a: A, b: B, target: C })
      expect(read(memory, C, 1, 1)[0]).toBe(2 ** -149)
    })
  })

  test('holds no more memory after a thousand products than after the first', () => {
    const at = [plain, plain, plain, plain, plain]
    const run = () => check({ m: 8, n: 8, k: 8, at, packed: false })
    run()
    const { used, size } = memory
    for (let i = 0; i < 1000; i++) run()
    expect({ used: memory.used, size: memory.size }).toEqual({ used, size })
  })
})
