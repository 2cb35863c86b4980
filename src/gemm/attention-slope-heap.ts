/** How a change of attention's result becomes one of queries, keys and values, in linear memory: the tensors are brought there, and the kernel computes head by head. */
import { copyApart } from '../copy/copy.ts'
import { pick } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import type { WalkedHeads } from '../wasm/attention-slope.ts'
import { type Heap, isResident } from '../wasm/heap.ts'
import { resultTensor } from '../wasm/result.ts'
import { trainingOn } from '../wasm/training.ts'
import type { AttentionSlope } from './attention-slope.ts'

/** Computes the changes of q, k and v; the result lives in the heap. */
export function slopeOfAttentionInHeap(heap: Heap, { g, q, k, v, result, scale }: AttentionSlope): void {
  const [n, d] = q.shape.slice(-2) as [number, number]
  const parts = [0, 1, 2].map((part) => ({ data: result.data, ...pick(result, 0, part) }))
  trainingOn(heap).attentionSlope({
    ...{ n, d, scale },
    inputs: [q, k, v, g].map((tensor) => headsOf(brought(tensor))),
    results: parts.map(headsOf),
  })
}

/** The tensor itself where it lives in the heap, else a copy there. */
function brought(tensor: FloatTensor): FloatTensor {
  if (isResident(tensor.data)) return tensor
  const copy = resultTensor(tensor.shape)
  copyApart(tensor, copy)
  return copy
}

/** [...batch, n, d], all axes of the batch as one. */
function headsOf({ shape, stride, offset }: FloatTensor): WalkedHeads {
  return {
    origin: 4 * offset,
    heads: { lengths: shape.slice(0, -2), strides: stride.slice(0, -2) },
    rowStep: stride.at(-2)!,
    columnStep: stride.at(-1)!,
  }
}
