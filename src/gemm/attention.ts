/**
 * Attention: softmax(scale · q kᵀ + bias) v (Vaswani et al., arXiv:1706.03762, section 3.2.1), for one block of query rows after the
 * other, so that the weights [n, m] of a head never exist as a whole unless they are asked for or small. q, k and v are read where they
 * stand: as views of one fused qkv they cost no copy.
 */
import { broadcastTo, permute } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { getHeap, isResident } from '../wasm/heap.ts'
import { resultTensor } from '../wasm/result.ts'
import { attendInHeap } from './attention-heap.ts'
import { attendPlainly } from './attention-plain.ts'

export interface AttentionOptions {
  /** What the scores are multiplied by; 1/√d if not given. */
  readonly scale?: number | undefined
  /** Added to the scores: broadcasts against [...batch, n, m] as in numpy; −Infinity masks. */
  readonly bias?: FloatTensor | undefined
  /** Whether the weights are wanted as well. */
  readonly weights?: boolean
}

export interface AttentionResult {
  /** [...batch, n, e]; in memory n stands before the last batch axis, so that 'b h n e -> b n (h e)' is a view. */
  readonly output: FloatTensor
  /** [...batch, n, m], or null where they were not wanted. */
  readonly weights: FloatTensor | null
}

/**
 * Every query looks at all keys and takes the mean of the values, weighted by softmax(scale · q kᵀ + bias).
 *
 * q: [...batch, n, d], k: [...batch, m, d], v: [...batch, m, e], any strides
 */
export function attention(
  q: FloatTensor,
  k: FloatTensor,
  v: FloatTensor,
  options: AttentionOptions = {},
): AttentionResult {
  const batch = q.shape.slice(0, -2)
  const [n, d] = q.shape.slice(-2) as [number, number]
  const [m, e] = v.shape.slice(-2) as [number, number]
  const { scale = d ** -0.5 } = options
  const made = resultTensor(lastHeadInside([...batch, n, e]))
  const axes = lastHeadInside(made.shape.map((_, axis) => axis))
  const output = { data: made.data, ...permute(made, axes) }
  const weights = options.weights ? resultTensor([...batch, n, m]) : null
  const bias = options.bias
    ? { data: options.bias.data, ...broadcastTo(options.bias, [...batch, n, m]) }
    : null
  const problem = { q, k, v, bias, weights, output, scale }
  const heap = isResident(made.data) ? getHeap() : null
  if (heap) attendInHeap(heap, problem)
  else attendPlainly(problem)
  return { output, weights }
}

/** [...batch, head, n, e] → [...batch, n, head, e], and back. */
function lastHeadInside<T>(axes: readonly T[]): T[] {
  if (axes.length < 3) return [...axes]
  const [head, n, e] = axes.slice(-3) as [T, T, T]
  return [...axes.slice(0, -3), n, head, e]
}
