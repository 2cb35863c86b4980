/**
 * Scatter vectors: where the rows or the columns of a matrix stand, as a table of element offsets. A row may be several axes of a tensor at once
 * ((h w), or (s1 s2 c)), with strides that no single one can express. Matthews, "High-Performance Tensor Contraction without Transposition", 2018.
 */

/** Axes that are walked together as one, the last one fastest; strides count elements. */
export interface Walk {
  readonly lengths: readonly number[]
  readonly strides: readonly number[]
}

/** Writes the offsets of the elements `start … start + table.length − 1` of a walk. */
export function fillOffsets({ lengths, strides }: Walk, start: number, table: Int32Array): void {
  const rank = lengths.length
  if (rank === 0) {
    table.fill(0)
    return
  }
  const index = new Array<number>(rank)
  let offset = 0
  let rest = start
  for (let axis = rank - 1; axis >= 0; axis--) {
    const length = lengths[axis]!
    index[axis] = axis === 0 ? rest : rest % length
    rest = Math.floor(rest / length)
    offset += index[axis]! * strides[axis]!
  }
  const length = lengths[rank - 1]!
  const stride = strides[rank - 1]!
  for (let filled = 0; filled < table.length; ) {
    const end = Math.min(table.length, filled + length - index[rank - 1]!)
    for (; filled < end; offset += stride) table[filled++] = offset
    // over the end of the fastest axis: one more step of the next slower one that has one left
    offset -= length * stride
    index[rank - 1] = 0
    for (let axis = rank - 2; axis >= 0; axis--) {
      offset += strides[axis]!
      index[axis]!++
      if (index[axis]! < lengths[axis]!) break
      offset -= lengths[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
}
