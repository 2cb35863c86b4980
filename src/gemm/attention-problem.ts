/** What the two ways of computing attention have in common. */
import type { FloatTensor } from '../layout/tensor.ts'

/** Everything that one call works on, all of it [...batch, rows, columns]. */
export interface AttentionProblem {
  /** [...batch, n, d] */
  readonly q: FloatTensor
  /** [...batch, m, d] */
  readonly k: FloatTensor
  /** [...batch, m, e] */
  readonly v: FloatTensor
  /** [...batch, n, m] */
  readonly bias: FloatTensor | null
  readonly weights: FloatTensor | null
  /** [...batch, n, e] */
  readonly output: FloatTensor
  readonly scale: number
}
