/** Every kernel against the definition, on the same cases and with every epilogue. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Activation } from '../../src/gemm/activation.ts'
import { multiplyBatch } from '../../src/gemm/batch.ts'
import { multiplyDirectly } from '../../src/gemm/direct.ts'
import type { Contraction, Operand } from '../../src/gemm/operand.ts'
import { asProduct, type Product } from '../../src/gemm/pair.ts'
import { plainKernel } from '../../src/gemm/plain-kernel.ts'
import { contractByDefinition } from '../../src/gemm/reference.ts'
import { batchWindowFloats, placesOf } from '../../src/gemm/stage.ts'
import { multiplyInHeap } from '../../src/gemm/staging.ts'
import { Weight } from '../../src/gemm/weight.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { type Buffer, buildContraction, withNewOutput } from './build.ts'
import { cases } from './cases.ts'

const heap = getHeap()!

const ways: Record<string, (product: Product) => void> = {
  'directly, without packing': multiplyDirectly,
  'by the plain kernel': (product) => multiplyBatch(plainKernel, product),
  'by the kernel in linear memory': (product) => multiplyInHeap(heap, product),
  'by packed weights': (product) => multiplyInHeap(heap, withWeight(product)),
}

/** The right operand as a weight, which stands contiguous from the start of its buffer. */
function withWeight(product: Product): Product {
  const { data, offset, stride } = product.b as Operand<Float32Array>
  const lowest = stride.reduce(
    (first, step, i) => first + Math.min(0, step) * (product.lengths[i]! - 1),
    offset,
  )
  if (lowest !== 0 || stride.some((step) => step < 0)) return product
  const size = stride.reduce((n, step, i) => n + step * (product.lengths[i]! - 1), 1)
  return {
    ...product,
    b: { ...product.b, data: new Float32Array(), weight: new Weight(data.slice(0, size)) },
  }
}

// halves of small whole numbers: sums are exact in single precision, whatever their order
const exact = (tensor: number, index: number) => (((index * 7919 + tensor * 104729) % 31) - 15) / 2
const float32 = { make: (size: number) => new Float32Array(size), value: exact }

const pairs = cases.filter(
  ({ spec, lengths }) =>
    spec.includes(',') && spec.split(',').length === 2 && !Object.values(lengths).includes(0),
)

for (const [way, multiply] of Object.entries(ways)) {
  describe(`products ${way} equal their definition`, () => {
    test.each(pairs)('$name: $spec', ({ spec, lengths }) => {
      expectAsDefined(buildContraction(spec, lengths, float32), multiply, 0)
    })

    test('with any epilogue', () => {
      fc.assert(
        fc.property(anyProduct(), (contraction) => {
          expectAsDefined(contraction, multiply, contraction.epilogue.activation ? 1e-5 : 0)
        }),
        { numRuns: 150 },
      )
    })

    test('with values that are not finite, and zeros of both signs', () => {
      const special = [Number.NaN, Infinity, -Infinity, -0, 0, 1e-42, 3e38, 1]
      const value = (tensor: number, index: number) =>
        index % 7 === tensor ? special[((index / 7) % 8) | 0]! : 1
      expectAsDefined(
        buildContraction('mk,kn->mn', { m: 9, k: 13, n: 17 }, { ...float32, value }),
        multiply,
        1e-6,
      )
    })
  })
}

function expectAsDefined(
  contraction: Contraction,
  multiply: (product: Product) => void,
  tolerance: number,
): void {
  const reference = withNewOutput(contraction)
  contractByDefinition(reference)
  multiply(asProduct(contraction))
  const got = contraction.output.data as Buffer
  const want = reference.output.data as Buffer
  const wrong = got.findIndex((value, i) => {
    const expected = want[i]!
    return !(
      Object.is(value, expected) || Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected))
    )
  })
  expect(wrong < 0 ? 'equal' : `${got[wrong]} instead of ${want[wrong]} at ${wrong}`).toBe('equal')
}

/** Batch, rows, columns and depth of any lengths, in any memory, with any epilogue. */
function anyProduct(): fc.Arbitrary<Contraction> {
  const length = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(31, 32, 33))
  return fc
    .record({
      lengths: fc.record({
        b: fc.integer({ min: 1, max: 3 }),
        m: length,
        k: length,
        n: length,
        r: fc.constantFrom(1, 2),
      }),
      orders: fc.tuple(
        ...['brmk', 'bkn', 'brmn'].map((axes) =>
          fc.shuffledSubarray(
            [...axes].map((_, i) => i),
            { minLength: axes.length },
          ),
        ),
      ),
      gap: fc.nat(2),
      scale: fc.constantFrom(1, 0.5, -2),
      bias: fc.constantFrom('', 'n', 'm', 'rn', 'bm'),
      activation: fc.constantFrom<(Activation | null)[]>(
        null,
        'relu',
        'gelu',
        'gelu-tanh',
        'silu',
        'quick-gelu',
      ),
      residual: fc.constantFrom('', 'brmn', 'mn'),
    })
    .map(({ lengths, orders, gap, scale, bias, activation, residual }) => {
      const placing = orders.map((order) => ({ order, gap }))
      const contraction = buildContraction('brmk,bkn->brmn', lengths, { ...float32, placing })
      const extra = (axes: string) =>
        axes === '' ? null : buildContraction(`${axes}->${axes}`, lengths, float32).operands[0]!
      return {
        ...contraction,
        epilogue: { scale, bias: extra(bias), activation, residual: extra(residual) },
      }
    })
}

test('a product larger than the windows is divided, also along its sum, and its epilogue applied once', () => {
  for (const placing of [[], [{ order: [1, 0] }, { order: [1, 0] }, { order: [1, 0] }]]) {
    const lengths = { m: 1500, k: 1501, n: 5 }
    const contraction = {
      ...buildContraction('mk,kn->mn', lengths, { ...float32, placing }),
      epilogue: {
        scale: 0.5,
        bias: buildContraction('n->n', lengths, float32).operands[0]!,
        activation: 'relu' as const,
        residual: buildContraction('mn->mn', lengths, float32).operands[0]!,
      },
    }
    const plain = withNewOutput(contraction)
    multiplyBatch(plainKernel, asProduct(plain))
    multiplyInHeap(heap, asProduct(contraction))
    expect(contraction.output.data).toEqual(plain.output.data)
  }
})

test('after products of any size the heap has handed out no more than before, but for the panels it keeps', () => {
  const run = () =>
    multiplyInHeap(heap, asProduct(buildContraction('mk,kn->mn', { m: 300, k: 200, n: 100 }, float32)))
  run()
  const before = heap.memory.used
  run()
  expect(heap.memory.used).toBe(before)
})

test('queries and keys that are views of one buffer are brought together and multiplied as if they were apart', () => {
  const lengths = { n: 30, m: 30, h: 3, d: 16 }
  const strides = { n: 3 * 48, m: 3 * 48, h: 16, d: 1 }
  const qkv = Float32Array.from({ length: 30 * 3 * 48 }, (_, i) => exact(0, i))
  const contraction = buildContraction('nhd,mhd->hnm', lengths, float32)
  const view = (axes: string, offset: number, data: Float32Array): Operand => ({
    data,
    offset,
    stride: ['n', 'm', 'h', 'd'].map((axis) =>
      axes.includes(axis) ? strides[axis as keyof typeof strides] : 0,
    ),
  })
  const together = { ...contraction, operands: [view('nhd', 0, qkv), view('mhd', 48, qkv)] }
  const apart = withNewOutput({
    ...contraction,
    operands: [view('nhd', 0, qkv), view('mhd', 48, qkv.slice())],
  })
  multiplyInHeap(heap, asProduct(together))
  contractByDefinition(apart)
  expect(together.output.data).toEqual(apart.output.data)
})

test('many products are divided among themselves, and views of one buffer in long runs are brought as it stands', () => {
  const lengths = { b: 3, n: 300, m: 300, h: 4, d: 64 }
  const labels = Object.keys(lengths) as (keyof typeof lengths)[]
  const row = 3 * lengths.h * lengths.d
  const strides = { b: lengths.n * row, n: row, m: row, h: lengths.d, d: 1 }
  const qkv = Float32Array.from({ length: lengths.b * lengths.n * row }, (_, i) => exact(0, i))
  const view = (axes: string, offset: number): Operand => ({
    data: qkv,
    offset,
    stride: labels.map((label) => (axes.includes(label) ? strides[label] : 0)),
  })
  const [q, k] = [view('bnhd', 0), view('bmhd', row / 3)]
  const product = { ...buildContraction('bnhd,bmhd->bhnm', lengths, float32), operands: [q, k] }
  expect(product.output.data.length).toBeGreaterThan(batchWindowFloats)
  const all = Object.values(lengths)
  expect(placesOf(all, [q, k], product.output).get(q)!.first).toBe(0)
  expect(placesOf(all, [q, q], product.output).get(q)!.first).toBeNull()
  const plain = withNewOutput(product)
  multiplyBatch(plainKernel, asProduct(plain))
  multiplyInHeap(heap, asProduct(product))
  expect(product.output.data).toEqual(plain.output.data)
})
