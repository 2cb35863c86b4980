/**
 * A layout says where the elements of a tensor stand in its buffer: element `[i, j, …]` at
 * `offset + i·stride[0] + j·stride[1] + …`. Splitting an axis, permuting and repeating axes and most merges only
 * rewrite the layout; this file holds those rewrites. Strides count elements and may be negative or 0.
 * The idea is NumPy's strided array; merging by "stride = next stride × next length" is how every strided library
 * decides whether a reshape needs a copy.
 */

export interface Layout {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
}

/** Axes of an array: more are nothing that anyone means. */
export const mostAxes = 1000

/** The number of elements of a shape; 1 for `[]`. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

/** Row-major strides: the last axis is contiguous. */
export function contiguousStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step
    step *= shape[axis]!
  }
  return stride
}

/** The row-major layout of a shape, starting at 0. */
export function contiguous(shape: readonly number[]): Layout {
  return { shape, stride: contiguousStride(shape), offset: 0 }
}

/** Whether the elements stand in row-major order without gaps (axes of length 1 may have any stride). */
export function isContiguous({ shape, stride }: Layout): boolean {
  if (sizeOf(shape) === 0) return true
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue
    if (stride[axis] !== step) return false
    step *= shape[axis]!
  }
  return true
}

/** Replaces axis `axis` by axes of the given lengths, the last one fastest; their product must be the axis's length. */
export function split(layout: Layout, axis: number, lengths: readonly number[]): Layout {
  const stride = new Array<number>(lengths.length)
  let step = layout.stride[axis]!
  for (let i = lengths.length - 1; i >= 0; i--) {
    stride[i] = step
    step *= lengths[i]!
  }
  return {
    shape: layout.shape.toSpliced(axis, 1, ...lengths),
    stride: layout.stride.toSpliced(axis, 1, ...stride),
    offset: layout.offset,
  }
}

/** Axis `i` of the result is axis `order[i]` of the layout; axes that `order` leaves out stay at index 0. */
export function permute(layout: Layout, order: readonly number[]): Layout {
  return {
    shape: order.map((axis) => layout.shape[axis]!),
    stride: order.map((axis) => layout.stride[axis]!),
    offset: layout.offset,
  }
}

/** Inserts a new axis before `axis`, along which all elements are the same one. */
export function broadcast(layout: Layout, axis: number, length: number): Layout {
  return {
    shape: layout.shape.toSpliced(axis, 0, length),
    stride: layout.stride.toSpliced(axis, 0, 0),
    offset: layout.offset,
  }
}

/**
 * Makes one axis of `count` neighbouring ones, or returns null where no stride can: where stepping over the end of a
 * faster axis is not one more step of the slower one. `count` 0 inserts an axis of length 1.
 */
export function merge(layout: Layout, axis: number, count: number): Layout | null {
  let length = 1
  let stride = 0 // of the merged axis: the stride of its fastest part that is longer than 1
  let step: number | null = null // what the next slower part's stride has to be
  for (let i = axis + count - 1; i >= axis; i--) {
    const n = layout.shape[i]!
    length *= n
    if (n === 1) continue
    const s = layout.stride[i]!
    if (step === null) stride = s
    else if (s !== step && sizeOf(layout.shape) !== 0) return null
    step = s * n
  }
  if (length === 1) stride = 0
  return {
    shape: layout.shape.toSpliced(axis, count, length),
    stride: layout.stride.toSpliced(axis, count, stride),
    offset: layout.offset,
  }
}

/** The layout of the elements whose index along `axis` is `index`; the axis is gone. */
export function pick(layout: Layout, axis: number, index: number): Layout {
  return {
    shape: layout.shape.toSpliced(axis, 1),
    stride: layout.stride.toSpliced(axis, 1),
    offset: layout.offset + index * layout.stride[axis]!,
  }
}

/** The layout of the elements whose index along `axis` is in `[start, end)`. */
export function slice(layout: Layout, axis: number, start: number, end: number): Layout {
  return {
    shape: layout.shape.with(axis, end - start),
    stride: layout.stride,
    offset: layout.offset + start * layout.stride[axis]!,
  }
}

/** The layout repeated to a shape as NumPy does it: missing axes in front and axes of length 1 have stride 0. */
export function broadcastTo(layout: Layout, shape: readonly number[]): Layout {
  const missing = shape.length - layout.shape.length
  const stride = shape.map((_, axis) => {
    const own = axis - missing
    return own < 0 || layout.shape[own] === 1 ? 0 : layout.stride[own]!
  })
  return { shape, stride, offset: layout.offset }
}

/** The shape that two shapes broadcast to, or null where they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | null {
  const shape: number[] = []
  for (let back = 1; back <= Math.max(a.length, b.length); back++) {
    const m = a.at(-back) ?? 1
    const n = b.at(-back) ?? 1
    if (m !== n && m !== 1 && n !== 1) return null
    shape.unshift(m === 1 ? n : m)
  }
  return shape
}

export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis])
}

/** The layout with axis `axis` in reverse order. */
export function reverse(layout: Layout, axis: number): Layout {
  const step = layout.stride[axis]!
  const last = Math.max(0, layout.shape[axis]! - 1)
  return {
    shape: layout.shape,
    stride: layout.stride.with(axis, -step),
    offset: layout.offset + last * step,
  }
}
