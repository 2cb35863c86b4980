/**
 * How a change of attention's result becomes one of queries, keys and values, said plainly. With weights P = softmax(scale · q kᵀ): dv = Pᵀ g,
 * dP = g vᵀ, dS = P ∘ (dP − Σ dP ∘ P), dq = scale · dS k, dk = scale · dSᵀ q. The weights are computed again, so that they need not be kept
 * (Dao et al., FlashAttention, arXiv:2205.14135, appendix B).
 */
import type { Floats } from '../layout/data.ts'
import { type Layout, permute, pick } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/heap.ts'
import { forEachOffset } from './matrix.ts'

/** q, k, v and the change g of the result, all [...batch, n, d] of one shape. */
export interface AttentionSlope<D extends Floats = Float32Array> {
  readonly g: Tensor<D>
  readonly q: Tensor<D>
  readonly k: Tensor<D>
  readonly v: Tensor<D>
  /** [3, ...batch, n, d] */
  readonly result: Tensor<D>
  readonly scale: number
}

/** A new result, [3, ...batch, n, d]; in memory three stands before the last batch axis, and n before it, so that 'three b h n d -> b n (three h d)' is a view. */
export function newChanges<Made extends Layout>(
  shape: readonly number[],
  make: (shape: readonly number[]) => Made,
): Made {
  if (shape.length < 3) return make([3, ...shape])
  const outer = shape.slice(0, -3)
  const [h, n, d] = shape.slice(-3) as [number, number, number]
  const made = make([...outer, n, 3, h, d])
  const rank = outer.length
  return { ...made, ...permute(made, [rank + 1, ...outer.keys(), rank + 2, rank, rank + 3]) }
}

/** Computes the changes of q, k and v. */
export function slopeOfAttention<D extends Floats>({ g, q, k, v, result, scale }: AttentionSlope<D>): void {
  const [n, d] = q.shape.slice(-2) as [number, number]
  const parts = [0, 1, 2].map((part) => pick(result, 0, part))
  const tensors = [q, k, v, g, ...parts]
  const [Q, K, V, G] = [q, k, v, g].map(({ data }) => current(data as Floats)) as [
    Floats,
    Floats,
    Floats,
    Floats,
  ]
  const R = current(result.data)
  const steps = tensors.map(({ stride }) => stride.slice(-2) as [number, number])
  const weights = new Float64Array(n * n)
  const changes = new Float64Array(n * n)
  forEachOffset(
    q.shape.slice(0, -2),
    tensors.map(({ stride }) => stride.slice(0, -2)),
    tensors.map(({ offset }) => offset),
    (at) => {
      const dot = (A: Floats, a: number, i: number, B: Floats, b: number, j: number) => {
        let sum = 0
        for (let c = 0; c < d; c++) {
          sum +=
            A[at[a]! + i * steps[a]![0] + c * steps[a]![1]]! *
            B[at[b]! + j * steps[b]![0] + c * steps[b]![1]]!
        }
        return sum
      }
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          weights[i * n + j] = scale * dot(Q, 0, i, K, 1, j)
          changes[i * n + j] = dot(G, 3, i, V, 2, j)
        }
        softmaxRow(weights.subarray(i * n, i * n + n), changes.subarray(i * n, i * n + n), scale)
      }
      // changes is now scale · dS
      const sum = (part: number, M: Float64Array, byColumn: boolean, B: Floats, b: number) => {
        for (let i = 0; i < n; i++) {
          for (let c = 0; c < d; c++) {
            let total = 0
            for (let j = 0; j < n; j++) {
              total += M[byColumn ? j * n + i : i * n + j]! * B[at[b]! + j * steps[b]![0] + c * steps[b]![1]]!
            }
            R[at[4 + part]! + i * steps[4 + part]![0] + c * steps[4 + part]![1]] = total
          }
        }
      }
      sum(0, changes, false, K, 1)
      sum(1, changes, true, Q, 0)
      sum(2, weights, true, G, 3)
    },
  )
}

/** Scores become weights, and a change of the weights one of the scores, times `scale`. */
function softmaxRow(row: Float64Array, change: Float64Array, scale: number): void {
  let largest = Number.NEGATIVE_INFINITY
  for (const value of row) if (!(value <= largest)) largest = value
  let total = 0
  for (let j = 0; j < row.length; j++) {
    row[j] = Math.exp(row[j]! - largest)
    total += row[j]!
  }
  let along = 0
  for (let j = 0; j < row.length; j++) {
    row[j]! /= total
    along += row[j]! * change[j]!
  }
  for (let j = 0; j < row.length; j++) change[j] = scale * row[j]! * (change[j]! - along)
}
