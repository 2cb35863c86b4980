/**
 * A sliding window as a view: the axis becomes the window's positions and the places inside it, which overlap in
 * memory. A convolution is then a product over views, without the buffer of copied windows ("im2col"). The idea is
 * NumPy's `sliding_window_view`.
 */
import type { Layout } from './layout.ts'

export interface Window {
  /** Places in the window. */
  readonly size: number
  /** Elements from one position of the window to the next. */
  readonly stride: number
  /** Elements from one place in the window to the next. */
  readonly dilation: number
}

/** How often a window fits along an axis; 0 where the axis is shorter than the window. */
export function windowCount(length: number, { size, stride, dilation }: Window): number {
  const reach = dilation * (size - 1) + 1
  return length < reach ? 0 : Math.floor((length - reach) / stride) + 1
}

/** Replaces axis `axis` by two: positions of the window, and places inside it. */
export function slideWindow(layout: Layout, axis: number, window: Window): Layout {
  const step = layout.stride[axis]!
  return {
    shape: layout.shape.toSpliced(axis, 1, windowCount(layout.shape[axis]!, window), window.size),
    stride: layout.stride.toSpliced(axis, 1, step * window.stride, step * window.dilation),
    offset: layout.offset,
  }
}
