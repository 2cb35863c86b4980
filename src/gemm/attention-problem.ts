/**
 * Attention: softmax(scale · q kᵀ + bias) v (Vaswani et al., arXiv:1706.03762, section 3.2.1), for one block of query rows after the
 * other, so that the weights [n, m] of a head never exist as a whole unless they are asked for or small. q, k and v are read where they
 * stand: as views of one fused qkv they cost no copy. This is what the two ways of computing it have in common.
 */
import { type Layout, permute } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'

/** Everything that one call works on, all of it [...batch, rows, columns] and of one precision. */
export interface AttentionProblem<D extends Float32Array | Float64Array = Float32Array> {
  /** [...batch, n, d] */
  readonly q: Tensor<D>
  /** [...batch, m, d] */
  readonly k: Tensor<D>
  /** [...batch, m, e] */
  readonly v: Tensor<D>
  /** [...batch, n, m] */
  readonly bias: Tensor<D> | null
  readonly weights: Tensor<D> | null
  /** [...batch, n, e] */
  readonly output: Tensor<D>
  readonly scale: number
}

/** A new output, [...batch, n, e]; in memory n stands before the last batch axis, so that 'b h n e -> b n (h e)' is a view. */
export function newOutput<Made extends Layout>(
  shape: readonly number[],
  make: (shape: readonly number[]) => Made,
): Made {
  const made = make(lastHeadInside(shape))
  const axes = lastHeadInside(shape.map((_, axis) => axis))
  return { ...made, ...permute(made, axes) }
}

/** [...batch, head, n, e] → [...batch, n, head, e], and back. */
function lastHeadInside<T>(axes: readonly T[]): T[] {
  if (axes.length < 3) return [...axes]
  const [head, n, e] = axes.slice(-3) as [T, T, T]
  return [...axes.slice(0, -3), n, head, e]
}
