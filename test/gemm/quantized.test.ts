/** Products with weights of eight bits: the kernel has the bits of the plain loops, however the tensors stand, and both are near the product of floats. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Contraction } from '../../src/gemm/operand.ts'
import { asProduct } from '../../src/gemm/pair.ts'
import { haveKernels } from '../../src/gemm/quantized-kernels.ts'
import { type Keeping, QuantizedWeight, quantizeRows } from '../../src/gemm/quantized-weight.ts'
import { contractByDefinition } from '../../src/gemm/reference.ts'
import { encodeFine, encodeWide, wideLimit } from '../../src/gemm/row-codes.ts'
import { simplify } from '../../src/gemm/simplify.ts'
import { capabilities } from '../../src/index.ts'
import { scope } from '../../src/wasm/arena.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { buildContraction, withNewOutput } from './build.ts'

haveKernels()

const uneven = (tensor: number, index: number) => Math.fround(Math.sin(index * 12.9898 + tensor) * 3)
const float32 = { make: (size: number) => new Float32Array(size), value: uneven }

const keepings: Keeping[] = [
  { precision: 'int8', panels: 8 },
  { precision: 'int8', panels: 16 },
  { precision: 'int8-fast', panels: 8 },
]

interface Case {
  readonly contraction: Contraction
  readonly weight: QuantizedWeight
}

/** A product of rows of any layout with a weight [n, k] or [n, k, l]. */
function caseOf(
  { spec, m, n, k, l, order, gap, bias, residual, activation, scale }: Shape,
  keeping: Keeping,
): Case {
  const built = buildContraction(
    spec,
    { m, n, k, ...(spec.includes('l') ? { l } : {}) },
    {
      ...float32,
      placing: [
        { order: order ? undefined : [...spec.split(',')[0]!].map((_, i) => i).reverse(), gap },
        {},
        { gap },
      ] as never,
    },
  )
  const like = built.output
  const beside = (tensor: number, stride: readonly number[]) => ({
    data: Float32Array.from({ length: like.data.length as number }, (_, i) => uneven(tensor, i)),
    offset: like.offset,
    stride,
  })
  const contraction = simplify({
    ...built,
    epilogue: {
      scale,
      activation,
      bias: bias
        ? beside(
            3,
            like.stride.map((step, label) => (label === 1 ? step : 0)),
          )
        : null,
      residual: residual ? beside(4, like.stride) : null,
    },
  })
  const [a, w] = contraction.operands as [Contraction['operands'][0], Contraction['operands'][0]]
  const values = (w.data as Float32Array).slice(w.offset, w.offset + n * k * (spec.includes('l') ? l : 1))
  const weight = new QuantizedWeight(quantizeRows(values, n), keeping)
  return {
    contraction: { ...contraction, operands: [a, { ...w, offset: 0, data: new Float32Array(0), weight }] },
    weight,
  }
}

const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(31, 32, 33, 48, 64))
const shapes = fc.record({
  spec: fc.constantFrom('mk,nk->mn', 'mk,nk->nm', 'mkl,nkl->mn', 'mkl,nlk->mn'),
  ...{ m: size, n: size, k: size, l: fc.integer({ min: 1, max: 9 }), order: fc.boolean(), gap: fc.nat(2) },
  ...{ bias: fc.boolean(), residual: fc.boolean(), scale: fc.constantFrom<number>(1, 0.37) },
  activation: fc.constantFrom(null, null, 'relu' as const),
})
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never

const compute = ({ contraction, weight }: Case, how: 'multiply' | 'multiplyPlainly') => {
  const own = withNewOutput(contraction)
  expect(weight[how](asProduct(own))).toBe(true)
  return own.output.data as Float32Array
}

describe.each(keepings)('kept as %o', (keeping) => {
  test('kernel and plain loops give the same bits', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const given = caseOf(shape, keeping)
        expect(compute(given, 'multiply')).toEqual(compute(given, 'multiplyPlainly'))
      }),
      { numRuns: 150 },
    )
  })

  test('long sums and many rows do, cut into blocks and brought in parts', () => {
    const common = {
      spec: 'mk,nk->mn',
      l: 1,
      order: true,
      gap: 0,
      bias: true,
      residual: true,
      scale: 1,
      activation: null,
    } as const
    for (const [m, n, k] of [
      [213, 19, 3072],
      [7, 4100, 24],
      [4099, 3, 520],
      [3, 5, 9000],
    ] as const) {
      const given = caseOf({ ...common, m, n, k }, keeping)
      expect(compute(given, 'multiply')).toEqual(compute(given, 'multiplyPlainly'))
    }
  })

  test('the product is near that of the floats', () => {
    const given = caseOf(
      {
        spec: 'mk,nk->mn',
        m: 40,
        n: 24,
        k: 96,
        l: 1,
        order: true,
        gap: 0,
        bias: true,
        residual: false,
        scale: 0.37,
        activation: null,
      },
      keeping,
    )
    const got = compute(given, 'multiply')
    const [a, w] = given.contraction.operands as [Contraction['operands'][0], Contraction['operands'][0]]
    const exact = withNewOutput({
      ...given.contraction,
      operands: [a, { ...w, data: given.weight.read(), weight: undefined }],
    })
    contractByDefinition(exact)
    const want = exact.output.data as Float32Array
    let [difference, all] = [0, 0]
    got.forEach((value, i) => {
      if (Number.isNaN(want[i])) return
      difference += (value - want[i]!) ** 2
      all += want[i]! ** 2
    })
    expect(Math.sqrt(difference / all)).toBeLessThan(given.weight.precision === 'int8-fast' ? 0.01 : 1e-4)
  })

  test('codes come back from panels, also after a product that summed in another order', () => {
    const given = caseOf(
      {
        spec: 'mkl,nlk->mn',
        m: 3,
        n: 11,
        k: 5,
        l: 7,
        order: true,
        gap: 0,
        bias: false,
        residual: false,
        scale: 1,
        activation: null,
      },
      keeping,
    )
    const codes = given.weight.readCodes().slice()
    compute(given, 'multiply')
    expect(given.weight.readCodes()).toEqual(codes)
    expect(
      new QuantizedWeight({ codes, scales: given.weight.scales }, keeping).settled().readCodes(),
    ).toEqual(codes)
  })
})

test('a row of zeros is zeros, and one with a number that is none gives none, in its row only', () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.cos(i))
  for (const keeping of keepings) {
    const weight = new QuantizedWeight(quantizeRows(values, 2), keeping)
    const a = new Float32Array(4 * 32).fill(1)
    a.fill(0, 0, 32)
    a[40] = Number.NaN
    a[70] = Number.POSITIVE_INFINITY
    const output = { data: new Float32Array(8), offset: 0, stride: [2, 1, 0] }
    const operands = [
      { data: a, offset: 0, stride: [32, 0, 1] },
      { data: new Float32Array(0), offset: 0, stride: [0, 32, 1], weight },
    ]
    const epilogue = { scale: 1, bias: null, activation: null, residual: null }
    const product = () => asProduct({ lengths: [4, 2, 32], operands, output, epilogue })
    for (const how of ['multiply', 'multiplyPlainly'] as const) {
      weight[how](product())
      expect([...output.data.subarray(0, 6)]).toEqual([0, 0, Number.NaN, Number.NaN, Number.NaN, Number.NaN])
      expect([...output.data.subarray(6)].every(Number.isFinite)).toBe(true)
    }
  }
})

test('the codes of a row are the nearest, and the largest is the limit', () => {
  const row = Float32Array.from([-2, -1, 0, 0.5, 1])
  const codes = new Int32Array(5)
  expect(encodeWide(row, 100, codes)).toEqual({ unit: Math.fround(0.02), zero: 0 })
  expect([...codes]).toEqual([-100, -50, 0, 25, 50])
  const { zero } = encodeFine(row, codes)
  expect(zero).toBe(85)
  expect([...codes]).toEqual([0, 43, 85, 106, 127])
})

test('sums of the largest codes fit 31 bits, however long', () => {
  for (const k of [1, 192, 768, 3072, 4129, 8192, 100_000]) {
    expect(k * wideLimit(k) * 127).toBeLessThan(2 ** 31)
    expect(wideLimit(k)).toBeGreaterThan(100)
  }
})

test('memory is given back', () => {
  const heap = getHeap()!
  const weight = new QuantizedWeight(quantizeRows(new Float32Array(64 * 64).fill(1), 64), keepings[0]!)
  const before = heap.memory.used
  scope(() => weight.settled() as never)
  expect(heap.memory.used).toBeGreaterThan(before)
  weight.dispose()
  expect(heap.memory.used).toBe(before)
  expect(() => weight.read()).toThrow('internal: a weight was read after it was disposed')
})

test('capabilities say which instruction computes', () => {
  expect(capabilities().tiles['int8'] ?? capabilities().tiles['int8-fast']).toMatch(/^i32x4\.dot|^i/)
})
