/** The slopes of this room in linear memory, by SIMD; what stands elsewhere is brought there. Null where rows are not the last axes. */

import type { Activation } from '../gemm/activation.ts'
import type { Stored } from '../gemm/weighted.ts'
import { sizeOf } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { activationCodes } from '../wasm/activation-codes.ts'
import type { Heap } from '../wasm/heap.ts'
import { resultTensor } from '../wasm/result.ts'
import { trainingOn } from '../wasm/training.ts'
import { addressOf, contiguousInHeap, parameterIn } from './in-heap.ts'
import type { NormForm } from './norm.ts'

/** `g · f′(x)`. */
export function mapSlopeInHeap(heap: Heap, g: Stored, x: Stored, fn: Activation): FloatTensor {
  const [change, source] = [contiguousInHeap(g), contiguousInHeap(x)]
  const result = resultTensor(x.shape)
  trainingOn(heap).activationSlope(
    [result, change, source].map(addressOf),
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
  const rows = sizeOf(y.shape.slice(0, -1))
  trainingOn(heap).softmaxSlope([result, change, source].map(addressOf), rows, n)
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
  const rows = sizeOf(x.shape.slice(0, rank - axes.length))
  const tensors = [...[result, change, source].map(addressOf), factors]
  trainingOn(heap).normSlope(tensors, { rows, n, eps, centred })
  return result
}
