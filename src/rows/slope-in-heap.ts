/** The slopes of this room in linear memory, by SIMD; what stands elsewhere is brought there. Null where rows are not the last axes. */

import type { Activation } from '../gemm/activation.ts'
import { newChanges } from '../gemm/attention-slope.ts'
import { contract } from '../gemm/contraction.ts'
import { noEpilogue } from '../gemm/epilogue.ts'
import type { Operand } from '../gemm/operand.ts'
import { type Stored, tensorOf } from '../gemm/weighted.ts'
import { pick, sizeOf } from '../layout/layout.ts'
import type { FloatTensor, Tensor } from '../layout/tensor.ts'
import { activationCodes } from '../wasm/activation-codes.ts'
import type { Heap } from '../wasm/heap.ts'
import { resultTensor } from '../wasm/result.ts'
import { trainingKernels } from '../wasm/training.ts'
import { addressOf, contiguousInHeap, parameterIn } from './in-heap.ts'
import type { NormForm } from './norm.ts'

/** `g · f′(x)`. */
export function mapSlopeInHeap(heap: Heap, g: Stored, x: Stored, fn: Activation): FloatTensor {
  const [change, source] = [contiguousInHeap(g), contiguousInHeap(x)]
  const result = resultTensor(x.shape)
  trainingKernels(heap).activationSlope(
    ...([result, change, source].map(addressOf) as [number, number, number]),
    sizeOf(x.shape),
    activationCodes[fn],
  )
  return result
}

/** `y (g − Σ g y)` along the last axis. */
export function softmaxSlopeInHeap(heap: Heap, g: Stored, y: Stored, axis: number): FloatTensor | null {
  if (axis !== y.shape.length - 1) return null
  const [change, source] = [contiguousInHeap(g), contiguousInHeap(y)]
  const result = resultTensor(y.shape)
  const n = y.shape.at(-1)!
  const addresses = [result, change, source].map(addressOf) as [number, number, number]
  if (n > 0) trainingKernels(heap).softmaxSlope(...addresses, sizeOf(y.shape) / n, n, 1)
  return result
}

/** Of a norm over the last axes, with respect to what is normalised. */
export function normSlopeInHeap(
  heap: Heap,
  g: Stored,
  x: Stored,
  { axes, eps, centred }: NormForm,
  weight: Stored | null,
): FloatTensor | null {
  const rank = x.shape.length
  if (!axes.every((axis, i) => axis === rank - axes.length + i)) return null
  const [change, source] = [contiguousInHeap(g), contiguousInHeap(x)]
  const factors = weight ? parameterIn(heap, weight) : 0
  const result = resultTensor(x.shape)
  const n = sizeOf(x.shape.slice(rank - axes.length))
  const addresses = [result, change, source].map(addressOf) as [number, number, number]
  if (n > 0) trainingKernels(heap).normSlope(...addresses, sizeOf(x.shape) / n, n, factors, eps, centred)
  return result
}

/** Of attention, by five products of all heads with two passes over the weights between: [3, b, h, n, d]. */
export function attentionSlopeInHeap(
  heap: Heap,
  g: Stored,
  [q, k, v]: readonly [Stored, Stored, Stored],
  scale: number,
): FloatTensor | null {
  if (q.shape.length !== 4) return null
  const [b, h, n, d] = q.shape as [number, number, number, number]
  const weights = resultTensor([b, h, n, n])
  const changes = resultTensor([b, h, n, n])
  const result = newChanges(q.shape, resultTensor)
  const parts = [0, 1, 2].map((part) => ({ data: result.data, ...pick(result, 0, part) }))
  const [Q, K, V, G] = [q, k, v, g].map(tensorOf) as [Tensor, Tensor, Tensor, Tensor]
  // of an operand [b, h, rows, columns] the strides by label: b, h, then where its two axes stand among `labels` of three
  const product = (x: Tensor, xAxes: Axes, y: Tensor, yAxes: Axes, to: Tensor, toAxes: Axes, factor = 1) =>
    contract({
      lengths: [b, h, n, n, d],
      operands: [operand(x, xAxes), operand(y, yAxes)],
      output: operand(to, toAxes),
      epilogue: { ...noEpilogue, scale: factor },
    })
  product(Q, [i, c], K, [j, c], weights, [i, j], scale)
  product(G, [i, c], V, [j, c], changes, [i, j])
  const rows = b * h * n
  heap.rows.softmax(addressOf(weights), rows, n)
  trainingKernels(heap).softmaxSlope(
    addressOf(changes),
    addressOf(changes),
    addressOf(weights),
    rows,
    n,
    scale,
  )
  product(changes, [i, j], K, [j, c], parts[0]!, [i, c])
  product(changes, [i, j], Q, [i, c], parts[1]!, [j, c])
  product(weights, [i, j], G, [i, c], parts[2]!, [j, c])
  return result
}

/** Labels of the products: queries, keys, and the elements of both. */
const [i, j, c] = [2, 3, 4] as const

type Axes = readonly [rows: number, columns: number]

function operand({ data, offset, stride }: Tensor, [rows, columns]: Axes): Operand {
  const strides = [stride[0]!, stride[1]!, 0, 0, 0]
  strides[rows] = stride[2]!
  strides[columns] = stride[3]!
  return { data, offset, stride: strides }
}
