/**
 * Tensors seen as matrices: several axes are walked as one row index, several as one column index. A kernel reaches element (i, j) by
 * two scatter vectors, the offset of row i and the offset of column j (Matthews, "High-Performance Tensor Contraction without
 * Transposition", SIAM J. Sci. Comput. 2018), so that strides need not express the whole.
 */
import type { Walk } from '../wasm/offsets.ts'

/** A matrix inside a buffer: element (i, j) stands at `offset` + offset of row i + offset of column j. */
export interface Matrix<D = Float32Array> {
  readonly data: D
  readonly offset: number
  readonly rows: Walk
  readonly columns: Walk
}

/** A group of labels as one axis of a tensor. */
export function walkOf(
  lengths: readonly number[],
  labels: readonly number[],
  stride: readonly number[],
): Walk {
  return { lengths: labels.map((label) => lengths[label]!), strides: labels.map((label) => stride[label]!) }
}

/** How many elements a walk has. */
export function lengthOf({ lengths }: Walk): number {
  return lengths.reduce((n, length) => n * length, 1)
}

/** Calls `visit` with the offset of every index in each of several buffers; `strides[t]` are those of buffer t. */
export function forEachOffset(
  lengths: readonly number[],
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
  visit: (offsets: readonly number[]) => void,
): void {
  if (lengths.includes(0)) return
  const here = [...offsets]
  const index = new Array<number>(lengths.length).fill(0)
  for (;;) {
    visit(here)
    let axis = lengths.length - 1
    for (; axis >= 0; axis--) {
      const step = index[axis]! + 1 < lengths[axis]! ? 1 : -index[axis]!
      index[axis]! += step
      for (let t = 0; t < here.length; t++) here[t]! += step * strides[t]![axis]!
      if (step === 1) break
    }
    if (axis < 0) return
  }
}
