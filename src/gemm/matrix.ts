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

/** The same walk with as few axes as possible, so that equal walks look the same. */
export function merged({ lengths, strides }: Walk): Walk {
  const merged: { lengths: number[]; strides: number[] } = { lengths: [], strides: [] }
  for (let i = lengths.length - 1; i >= 0; i--) {
    const [length, stride] = [merged.lengths[0], merged.strides[0]]
    if (length !== undefined && strides[i] === stride! * length) {
      merged.lengths[0] = length * lengths[i]!
    } else {
      merged.lengths.unshift(lengths[i]!)
      merged.strides.unshift(strides[i]!)
    }
  }
  return merged
}

export function sameWalk(a: Walk, b: Walk): boolean {
  const equal = (x: readonly number[], y: readonly number[]) =>
    x.length === y.length && x.every((n, i) => n === y[i])
  return equal(a.lengths, b.lengths) && equal(a.strides, b.strides)
}
