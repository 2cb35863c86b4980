/** The same values in several layouts: what a function of rows computes must not depend on where the elements stand. */
import { contiguousStride, sizeOf } from '../../src/layout/layout.ts'
import type { FloatTensor } from '../../src/layout/tensor.ts'

/** A contiguous tensor of given values. */
export function tensor(shape: readonly number[], values: ArrayLike<number>): FloatTensor {
  return { shape, stride: contiguousStride(shape), offset: 0, data: Float32Array.from(values) }
}

/** Fixed, irregular values in (−2, 2). */
export function waves(size: number, seed = 1): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(seed * 12.9898 + i * 78.233))
}

/** The tensor's values in row-major order. */
export function values({ shape, stride, offset, data }: FloatTensor): number[] {
  const own = contiguousStride(shape)
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    let position = offset
    let rest = i
    for (const [axis, step] of own.entries()) {
      position += Math.floor(rest / step) * stride[axis]!
      rest %= step
    }
    return data[position]!
  })
}

/** `x` in other layouts: axes stored in reverse order, gaps between elements, and every axis running backwards. */
export function layoutsOf(x: FloatTensor): Record<string, FloatTensor> {
  const reversed = contiguousStride(x.shape.toReversed()).toReversed()
  const gaps = contiguousStride(x.shape).map((step) => step * 3)
  const backwards = contiguousStride(x.shape).map((step) => -step)
  const size = sizeOf(x.shape)
  return {
    contiguous: x,
    'axes reversed': place(x, reversed, 0, size),
    'with gaps and an offset': place(x, gaps, 5, 5 + 3 * size),
    backwards: place(x, backwards, Math.max(0, size - 1), size),
  }
}

function place(x: FloatTensor, stride: number[], offset: number, length: number): FloatTensor {
  const data = new Float32Array(length).fill(Number.NaN)
  const own = contiguousStride(x.shape)
  for (const [i, value] of values(x).entries()) {
    let position = offset
    let rest = i
    for (const [axis, step] of own.entries()) {
      position += Math.floor(rest / step) * stride[axis]!
      rest %= step
    }
    data[position] = value
  }
  return { shape: x.shape, stride, offset, data }
}
