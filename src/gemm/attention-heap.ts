/** Attention in linear memory: the tensors are brought there, and their heads told by where each begins. */
import { copyApart } from '../copy/copy.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { attentionOn, type ResidentHeads } from '../wasm/attention-engine.ts'
import { type Heap, isResident } from '../wasm/heap.ts'
import { resultTensor } from '../wasm/result.ts'
import type { AttentionProblem } from './attention-problem.ts'
import { forEachOffset } from './matrix.ts'

/** Computes output, and weights where they are wanted; both live in the heap. */
export function attendInHeap(heap: Heap, problem: AttentionProblem): void {
  const { scale, bias, output, weights } = problem
  const [q, k, v] = [problem.q, problem.k, problem.v].map(brought) as [FloatTensor, FloatTensor, FloatTensor]
  const [n, d] = q.shape.slice(-2) as [number, number]
  const [m, e] = v.shape.slice(-2) as [number, number]
  attentionOn(heap).attend({
    ...{ n, m, d, e, scale },
    q: headsOf(q),
    k: headsOf(k),
    v: headsOf(v),
    output: headsOf(output),
    weights: weights && headsOf(weights),
    bias: bias && headsOf(brought(bias)),
  })
}

/** The tensor itself where it lives in the heap, else a copy there. */
function brought(tensor: FloatTensor): FloatTensor {
  if (isResident(tensor.data)) return tensor
  const copy = resultTensor(tensor.shape)
  copyApart(tensor, copy)
  return copy
}

/** [...batch, rows, columns], all axes of the batch as one. */
function headsOf({ shape, stride, offset }: FloatTensor): ResidentHeads {
  const offsets: number[] = []
  forEachOffset(shape.slice(0, -2), [stride.slice(0, -2)], [0], ([at]) => offsets.push(at!))
  return {
    origin: 4 * offset,
    heads: Int32Array.from(offsets),
    rowStep: stride.at(-2)!,
    columnStep: stride.at(-1)!,
  }
}
