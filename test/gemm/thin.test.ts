/** Thin and many products in linear memory: the bits that they have elsewhere, however the tensors stand and whatever comes with them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { multiplyDirectly } from '../../src/gemm/direct.ts'
import { noEpilogue } from '../../src/gemm/epilogue.ts'
import type { Contraction, Operand } from '../../src/gemm/operand.ts'
import { asProduct } from '../../src/gemm/pair.ts'
import { simplify } from '../../src/gemm/simplify.ts'
import { thinWindowFloats } from '../../src/gemm/stage.ts'
import { multiplyInHeap } from '../../src/gemm/staging.ts'
import type { FloatTensor } from '../../src/layout/tensor.ts'
import { einsumTensor } from '../../src/ops/einsum.ts'
import { scope } from '../../src/wasm/arena.ts'
import { allocateFloats, getHeap, residentFloats } from '../../src/wasm/heap.ts'
import { type Buffer, buildContraction, withNewOutput } from './build.ts'

const heap = getHeap()!

/** Numbers whose sums depend on the order. */
const uneven = (tensor: number, index: number) =>
  Math.fround(Math.sin(index * 12.9898 + tensor) * 3 ** (index % 5))
const float32 = { make: (size: number) => new Float32Array(size), value: uneven }

const specs = [
  ...['i,i->i', 'ij,ij->ij', 'ij,i->ij', 'ij,j->ij', 'i,j->ij', 'i,i->', 'ij,ij->', 'ijk,ki->jk'],
  ...['mk,kn->mn', 'mk,nk->mn', 'km,kn->mn', 'mk,nk->nm', 'mk,k->m', 'k,kn->n', 'kl,lnk->n', 'mkl,klm->m'],
  ...['bmk,bkn->bmn', 'mkb,knb->mnb', 'bmk,bnk->nbm', 'bk,bkn->bn', 'bmk,bk->bm', 'abmk,akbn->manb'],
]

const length = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  fc.constantFrom(15, 16, 17, 31, 33),
)

/** Where two buffers first differ in a bit, −1 where nowhere. */
function firstDifference(got: unknown, want: unknown): number {
  const [a, b] = [got as Float32Array, want as Float32Array]
  if (a.length !== b.length) return a.length
  return a.findIndex((value, i) => !Object.is(value, b[i]))
}

interface Case {
  readonly contraction: Contraction
  readonly resident: readonly boolean[]
}

/** A product of any layout, also with axes that run backwards or along which an operand repeats. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    spec: fc.constantFrom(...specs),
    sizes: fc.array(length, { minLength: 6, maxLength: 6 }),
    seeds: fc.array(fc.nat(), { minLength: 32, maxLength: 32 }),
    gap: fc.nat(2),
    resident: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    repeats: fc.integer({ min: 0, max: 5 }),
    scale: fc.constantFrom(1, 1, 0.37),
    bias: fc.boolean(),
    residual: fc.boolean(),
  })
  .map(({ spec, sizes, seeds, gap, resident, repeats, scale, bias, residual }) => {
    const letters = [...new Set(spec.replace(/[^a-z]/g, ''))]
    let size = 1
    const lengths = Object.fromEntries(
      letters.map((letter, i) => {
        const wanted = size * sizes[i]! > 60_000 ? 2 : sizes[i]!
        size *= wanted
        return [letter, wanted]
      }),
    )
    let seed = 0
    const next = () => seeds[seed++ % seeds.length]!
    const placed = (axes: string) => ({
      order: [...axes].map((_, axis) => axis).sort(() => (next() % 2 === 0 ? 1 : -1)),
      gap,
      backwards: [...axes].map(() => next() % 5 === 0),
    })
    const placing = spec.split(/,|->/).map(placed)
    const contraction = buildContraction(spec, lengths, { ...float32, placing })
    const output = spec.split('->')[1]!
    const added = () => {
      const axes = [...output].filter(() => next() % 2 === 0).join('')
      const { operands } = buildContraction(`${axes}->${axes}`, lengths, {
        ...float32,
        placing: [placed(axes), {}],
      })
      // labels in the order of this contraction
      return {
        ...operands[0]!,
        stride: letters.map((letter) => operands[0]!.stride[letters.indexOf(letter)]!),
      }
    }
    const operands = contraction.operands.map((operand, i) =>
      i === 0 && repeats === 0
        ? { ...operand, stride: operand.stride.with(next() % letters.length, 0) }
        : operand,
    )
    const epilogue = {
      ...noEpilogue,
      scale,
      bias: bias ? added() : null,
      residual: residual ? added() : null,
    }
    return { contraction: { ...contraction, operands, epilogue }, resident }
  })

/** The tensor in linear memory. */
function inHeap(tensor: Operand): Operand & { readonly block: number } {
  const data = tensor.data as Float32Array
  const block = allocateFloats(heap, data.length)
  residentFloats().set(data, block / 4)
  return { ...tensor, data: residentFloats(), offset: tensor.offset + block / 4, block }
}

describe('thin products in linear memory have the bits of those computed where their tensors are', () => {
  test('of any layout, with anything added, resident or brought there', () => {
    fc.assert(
      fc.property(anyCase, ({ contraction, resident }) => {
        const simple = simplify(contraction)
        const want = withNewOutput(simple)
        multiplyDirectly(asProduct(want))
        const placed = [...simple.operands, simple.output].map((tensor, i) =>
          resident[i] ? inHeap(tensor) : tensor,
        )
        const [a, b, output] = placed as [Operand, Operand, Operand]
        try {
          multiplyInHeap(heap, asProduct({ ...simple, operands: [a, b], output }), 'thin')
          const got = resident[2]
            ? residentFloats()
                .slice((output as { block: number } & Operand).block / 4)
                .subarray(0, (simple.output.data as Buffer).length)
            : (output.data as Float32Array)
          expect(firstDifference(got, want.output.data)).toBe(-1)
        } finally {
          for (const tensor of placed) if ('block' in tensor) heap.memory.free(tensor.block as number)
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['rows of columns', 'ij,ij->ij', { i: 700, j: 601 }, []],
    ['a transposed operand', 'ij,ij->ij', { i: 700, j: 601 }, [{ order: [1, 0] }, {}, {}]],
    ['an outer product', 'i,j->ij', { i: 3, j: 200_003 }, []],
    ['a matrix and a vector', 'ij,j->i', { i: 601, j: 700 }, []],
    ['a vector and a matrix', 'j,ji->i', { i: 601, j: 700 }, []],
    ['small matrices', 'bij,bjk->bik', { b: 50_001, i: 2, j: 3, k: 2 }, []],
    ['matrices that interleave', 'ijb,jkb->ikb', { b: 50_001, i: 2, j: 3, k: 2 }, []],
    ['sums longer than any window', 'ki,k->i', { i: 3, k: 2 ** 21 / 2 }, []],
  ])('of more numbers than are brought at once: %s', (_, spec, lengths, placing) => {
    const contraction = simplify(buildContraction(spec, lengths, { ...float32, placing }))
    const largest = Math.max(...contraction.operands.map(({ data }) => (data as Buffer).length))
    expect(largest).toBeGreaterThan(thinWindowFloats)
    const want = withNewOutput(contraction)
    multiplyDirectly(asProduct(want))
    multiplyInHeap(heap, asProduct(contraction), 'thin')
    expect(firstDifference(contraction.output.data, want.output.data)).toBe(-1)
  })
})

const tensor = (shape: readonly number[], seed: number): FloatTensor => {
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, m) => n * m, 1))
  const size = shape.reduce((n, m) => n * m, 1)
  return { data: Float32Array.from({ length: size }, (_, i) => uneven(seed, i)), shape, stride, offset: 0 }
}

const patterns = ['b i j, b j k -> b i k', 'b i j, b k j -> b i k', 'b j i, b j k -> b k i'] as const

describe('what stands in a batch has the bits that it has alone', () => {
  const sizes = fc.integer({ min: 1, max: 33 })
  const call = fc.record({
    pattern: fc.constantFrom(...patterns),
    count: fc.constantFrom(2, 5, 11),
    i: sizes,
    j: fc.oneof({ weight: 6, arbitrary: sizes }, fc.constant(770)),
    k: sizes,
    inModel: fc.boolean(),
    epilogue: fc.boolean(),
  })
  test('for products of any size, in a model and outside', () => {
    fc.assert(
      fc.property(call, ({ pattern, count, i, j, k, inModel, epilogue }) => {
        const { operands, output } = shapesOf(pattern, { b: count, i, j, k })
        const [x, y] = operands.map(tensor) as [FloatTensor, FloatTensor]
        const added = epilogue ? { bias: tensor([output[2]!], 3) } : {}
        const run = (x: FloatTensor, y: FloatTensor) => {
          const compute = () => einsumTensor([x, y], pattern, {}, added) as FloatTensor
          return inModel ? scope(compute) : compute()
        }
        const all = run(x, y)
        for (const index of [0, count - 1]) {
          const alone = run(nth(x, index), nth(y, index))
          const size = alone.data.length
          expect(firstDifference(all.data.subarray(index * size, (index + 1) * size), alone.data)).toBe(-1)
        }
      }),
      { numRuns: 60 },
    )
  })
})

function shapesOf(pattern: string, lengths: Record<string, number>) {
  const [left, right] = pattern.split(' -> ') as [string, string]
  const shape = (axes: string) => axes.split(' ').map((axis) => lengths[axis]!)
  return { operands: left.split(', ').map(shape), output: shape(right) }
}

/** One of a batch, as a batch of one. */
function nth({ data, shape, stride }: FloatTensor, index: number): FloatTensor {
  return { data, shape: [1, ...shape.slice(1)], stride, offset: index * stride[0]! }
}
