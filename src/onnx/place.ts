/**
 * Where the elements of a value stand in a tensor of the graph. What only rearranges is not written when it comes: a value is a layout over a tensor, as on the
 * host, and whoever needs its elements in some order says so. That order as nodes is found from the strides: each stride that is taken is a place where the
 * tensor's shape has to be cut (Reshape); of what is cut some is left out (Slice), the rest is permuted (Transpose), joined (Reshape) and repeated (Expand).
 */
import { contiguousStride, type Layout, sizeOf } from '../layout/layout.ts'

/** A cut of a tensor's shape: its length, and which of it is taken. */
export interface Cut {
  readonly length: number
  readonly start: number
  readonly count: number
  readonly isReversed: boolean
}

/** How a layout is taken out of a tensor: cuts of its shape, and in which order those stand that the layout's axes run along. */
export interface Taking {
  readonly cuts: readonly Cut[]
  /** Of each axis of the layout that is longer than 1 and not repeated, which cut it runs along. */
  readonly order: readonly number[]
}

interface Axis {
  readonly index: number
  readonly length: number
  readonly stride: number
  readonly isReversed: boolean
}

/** How a layout is taken out of a contiguous tensor of a shape; null where cutting the shape does not do. */
export function taking(shape: readonly number[], layout: Layout): Taking | null {
  const axes = axesOf(layout)
  const first = firstOf(layout)
  const size = sizeOf(shape)
  const cuts: Cut[] = []
  const order: number[] = []
  let weight = size // of one step along the cut before
  const boundaries = contiguousStride(shape)
  const cut = (below: number, count: number, isReversed: boolean) => {
    const length = weight / below
    const start = Math.floor((first % weight) / below)
    if (!Number.isInteger(length) || start + count > length) return false
    if (length > 1) cuts.push({ length, start, count, isReversed })
    weight = below
    return true
  }
  for (const { index, length, stride, isReversed } of axes) {
    // the tensor's own axes stay apart where they can
    for (const boundary of boundaries) {
      const isBetween = boundary < weight && weight % boundary === 0 && boundary % stride === 0
      const place = Math.floor((first % boundary) / stride)
      if (isBetween && place + length <= boundary / stride) cut(boundary, 1, false)
    }
    order[index] = cuts.length
    if (!cut(stride, length, isReversed)) return null
  }
  for (const boundary of boundaries) if (boundary < weight && weight % boundary === 0) cut(boundary, 1, false)
  return { cuts, order: order.filter((place) => place !== undefined) }
}

/** The axes along which elements differ, the slowest first. */
function axesOf({ shape, stride }: Layout): Axis[] {
  return shape
    .map((length, index) => ({
      ...{ index, length },
      stride: Math.abs(stride[index]!),
      isReversed: stride[index]! < 0,
    }))
    .filter(({ length, stride }) => length > 1 && stride !== 0)
    .sort((a, b) => b.stride - a.stride)
}

/** Where the element stands that comes first in the tensor. */
function firstOf({ shape, stride, offset }: Layout): number {
  return stride.reduce((first, step, axis) => (step < 0 ? first + step * (shape[axis]! - 1) : first), offset)
}
