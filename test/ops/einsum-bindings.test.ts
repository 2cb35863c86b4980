/** What strides decide is kept from call to call: calls of one pattern and one shape, however the tensors stand, are as independent as ever. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Activation } from '../../src/gemm/activation.ts'
import { Weight } from '../../src/gemm/weight.ts'
import type { Weighted } from '../../src/gemm/weighted.ts'
import { contiguous, permute, sizeOf } from '../../src/layout/layout.ts'
import type { FloatTensor, Tensor } from '../../src/layout/tensor.ts'
import type { Value } from '../../src/steps/value.ts'
import { elements } from '../gemm/elements.ts'
import { einsum, scope } from '../steps/on-host.ts'

const [m, k, n] = [12, 10, 16] // enough for the kernels, in linear memory

/** Small whole numbers in a shape, the axes in memory in an order of their own, somewhere in their buffer. */
function numbers(shape: readonly number[], order: readonly number[], seed: number): FloatTensor {
  const inMemory = contiguous(order.map((axis) => shape[axis]!))
  const layout = permute(
    inMemory,
    order.map((_, axis) => order.indexOf(axis)),
  )
  const offset = seed % 7
  const data = Float32Array.from({ length: offset + sizeOf(shape) }, (_, i) => ((i + seed) * 7919) % 13)
  return { data, ...layout, offset }
}

function weighted(tensor: FloatTensor): Weighted {
  return { ...contiguous(tensor.shape), weight: new Weight(Float32Array.from(elements(tensor))) }
}

interface Epilogue {
  readonly scale?: number
  readonly bias?: Tensor
  readonly activation?: Activation
  readonly residual?: Tensor
}

/** activation(scale · x w + bias) + residual, from the elements. */
function byDefinition(x: Tensor, w: Tensor, epilogue: Epilogue): number[] {
  const [left, right] = [elements(x), elements(w)]
  const { scale = 1, bias, activation, residual } = epilogue
  const added = [bias, residual].map((tensor) => {
    if (tensor === undefined) return () => 0
    const values = elements(tensor)
    return (row: number, column: number) => values[(row * n + column) % values.length]!
  })
  return Array.from({ length: m * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n]
    let sum = 0
    for (let p = 0; p < k; p++) sum += left[row * k + p]! * right[p * n + column]!
    const value = scale * sum + added[0]!(row, column)
    return (activation === 'relu' ? Math.max(0, value) : value) + added[1]!(row, column)
  })
}

const order = fc.constantFrom([0, 1], [1, 0])
const call = fc.record({
  orders: fc.tuple(order, order, order),
  seed: fc.nat(100),
  weight: fc.boolean(),
  bias: fc.constantFrom('none', 'row', 'weight', 'unit', 'matrix'),
  residual: fc.boolean(),
  scale: fc.constantFrom(undefined, 2, -1),
  activation: fc.constantFrom(undefined, 'relu' as const),
  inModel: fc.boolean(),
})

test('calls with other strides, weights and epilogues in between change nothing', () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 12, maxLength: 40 }), (calls) => {
      for (const { orders, seed, weight, bias, residual, scale, activation, inModel } of calls) {
        const x = numbers([m, k], orders[0], seed)
        const w = numbers([k, n], orders[1], seed + 1)
        const row = numbers([n], [0], seed + 2)
        const matrix = numbers([m, n], orders[2], seed + 3)
        const unit = numbers([1, n], [0, 1], seed + 3)
        const added = { none: undefined, row, weight: row, unit, matrix }[bias]
        const rest = {
          ...(scale !== undefined && { scale }),
          ...(activation && { activation }),
          ...(residual && { residual: numbers([m, n], orders[2], seed + 4) }),
        }
        const want = byDefinition(x, w, { ...rest, ...(added && { bias: added }) })
        const given = added && { bias: bias === 'weight' ? weighted(row) : added }
        const operands: Value[] = [x, weight ? weighted(w) : w]
        const run = () => einsum(operands, 'm k, k n -> m n', {}, { ...rest, ...given })
        expect(elements(inModel ? scope(run) : run())).toEqual(want)
      }
    }),
    { numRuns: 60 },
  )
})

test('double precision and single precision take turns', () => {
  const single = numbers([m, k], [0, 1], 1)
  const double = { ...single, data: Float64Array.from(single.data) }
  const ones = { ...contiguous([k, n]), data: new Float32Array(k * n).fill(1) }
  const doubleOnes = { ...ones, data: new Float64Array(k * n).fill(1 / 3) }
  for (let turn = 0; turn < 3; turn++) {
    expect(einsum([single, ones], 'm k, k n -> m n').data).toBeInstanceOf(Float32Array)
    const result = einsum([double, doubleOnes], 'm k, k n -> m n').data
    const sum = elements(single)
      .slice(0, k)
      .reduce((total, x) => total + x, 0)
    expect(result[0]).toBeCloseTo(sum / 3, 12)
  }
})
