/**
 * Scatter vectors: where the rows and the columns of a matrix stand in its buffer, as tables of element offsets. A row of
 * the matrix may be several axes of the tensor at once ((h w), or (s1 s2 c)), with strides that no single one can express;
 * with two such tables element (i, j) is still one addition away. The idea is Matthews, "High-Performance Tensor Contraction
 * without Transposition" (SIAM J. Sci. Comput. 2018). Tables are filled block by block, so that they stay in the cache and
 * never grow with the tensor.
 */

/** Axes that are walked together as one, the last one fastest, and their strides in one buffer. */
export interface Walk {
  /** The product of the axes' lengths. */
  readonly length: number
  readonly lengths: readonly number[]
  readonly strides: readonly number[]
}

/** A matrix inside a buffer: element (i, j) stands at `offset` + offset of row i + offset of column j. */
export interface Matrix<D> {
  readonly data: D
  readonly offset: number
  readonly rows: Walk
  readonly columns: Walk
}

/** Writes the offsets of elements `start … start + count − 1` of a walk to the beginning of `table`. */
export function fillOffsets(walk: Walk, start: number, count: number, table: Int32Array): void {
  const { lengths, strides } = walk
  const fastest = lengths.length - 1
  if (fastest < 0) {
    if (count > 0) table[0] = 0
    return
  }
  const length = lengths[fastest]!
  const stride = strides[fastest]!
  let slower = Math.floor(start / length)
  let index = start - slower * length
  for (let filled = 0; filled < count; slower++, index = 0) {
    let offset = offsetOf(walk, fastest, slower) + index * stride
    const end = Math.min(count, filled + length - index)
    while (filled < end) {
      table[filled++] = offset
      offset += stride
    }
  }
}

/** The offset of element `index` of the walk over the first `count` axes. */
function offsetOf({ lengths, strides }: Walk, count: number, index: number): number {
  let offset = 0
  let rest = index
  for (let axis = count - 1; axis >= 0; axis--) {
    const length = lengths[axis]!
    const next = Math.floor(rest / length)
    offset += (rest - next * length) * strides[axis]!
    rest = next
  }
  return offset
}

/** Calls `visit` with the offset of every element of a walk in each of several buffers; `strides[t]` are those of buffer t. */
export function forEachOffset(
  lengths: readonly number[],
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
  visit: (offsets: readonly number[]) => void,
): void {
  const here = [...offsets]
  const index = new Array<number>(lengths.length).fill(0)
  if (lengths.includes(0)) return
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
