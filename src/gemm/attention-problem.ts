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

/** Scores that exist at once, unless the rows are longer: 192 kB, which the second-level cache holds. */
const scoresAtOnce = 48 * 1024
const leastRows = 16

/** How many rows of scores exist at once: all blocks about as long, the last one not left with a few. */
export function rowsAtOnce(n: number, m: number): number {
  const most = Math.max(leastRows, Math.floor(scoresAtOnce / Math.max(1, m)))
  return Math.ceil(n / Math.max(1, Math.ceil(n / most)))
}
