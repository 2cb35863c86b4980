/** A part of an axis, and a part put where it belongs among zeros: the two undo each other. */
import { copyApart } from '../copy/copy.ts'
import { copyPlainly } from '../copy/reference.ts'
import { dtypeOf } from '../layout/data.ts'
import { type Layout, sizeOf, split } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { frontAxis } from '../rows/walk.ts'
import { current } from '../wasm/resident.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult } from './result.ts'
import type { Place, Slice } from './step.ts'
import { laidOut, tensorOf, type Value } from './value.ts'

const slices: Kernel<Slice> = {
  perform: (step, [x]) => laidOut(x!, sliced(x!, step)),
  reference: (step, [x]) => laidOut(x!, sliced(x!, step)),
}

/** The layout of the elements at `start`, `start + step`, … of an axis, as axes of `lengths`. */
export function sliced(layout: Layout, { axis, start, step, lengths }: Omit<Slice, 'kind'>): Layout {
  const { shape, stride, offset } = layout
  const along = stride[axis]!
  const length = sizeOf(lengths)
  return split(
    {
      shape: shape.with(axis, length),
      stride: stride.with(axis, along * step),
      offset: length === 0 ? offset : offset + start * along,
    },
    axis,
    lengths,
  )
}

const places: Kernel<Place> = {
  perform: (step, [x]) => placed(step, tensorOf(x!), copyApart),
  reference: (step, [x]) => placed(step, tensorOf(x!), copyPlainly),
}

function placed(
  { axis, start, step, count, length }: Place,
  x: Tensor,
  copy: (source: Tensor, target: Tensor) => void,
): Tensor {
  const lengths = x.shape.slice(axis, axis + count)
  const result = newResult(x.data, x.shape.toSpliced(axis, count, length), 'place')
  zero(result)
  copy(x, { data: result.data, ...sliced(result, { axis, start, step, lengths }) })
  return result
}

/** Fills a contiguous tensor with zeros. */
export function zero({ data, shape, offset }: Tensor): void {
  const elements = current(data) as { fill?(value: unknown, start: number, end: number): unknown }
  const nothing = dtypeOf(data).startsWith('big') ? 0n : 0
  elements.fill?.(nothing, offset, offset + sizeOf(shape))
}

/** The elements `start … end − 1` of an axis. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const at = frontAxis(axis, x.shape.length)
  if (start === 0 && end === x.shape[at]) return x
  return perform(slices, { kind: 'slice', axis: at, start, step: 1, lengths: [end - start] }, [x])
}

/** The elements at `start`, `start + step`, … of an axis, as axes of `lengths`: none of a single one, which the axis goes with. */
export function part(
  x: Value,
  axis: number,
  { start = 0, step = 1, lengths }: { start?: number; step?: number; lengths: readonly number[] },
): Value {
  return perform(slices, { kind: 'slice', axis: frontAxis(axis, x.shape.length), start, step, lengths }, [x])
}

/** The elements of an axis in reverse order. */
export function reversed(x: Value, axis: number): Value {
  const at = frontAxis(axis, x.shape.length)
  const length = x.shape[at]!
  return perform(
    slices,
    { kind: 'slice', axis: at, start: Math.max(0, length - 1), step: -1, lengths: [length] },
    [x],
  )
}

/** The axes that `part` gave, put back into an axis of `length` zeros. */
export function place(
  x: Value,
  axis: number,
  {
    start = 0,
    step = 1,
    count = 1,
    length,
  }: { start?: number; step?: number; count?: number; length: number },
): Value {
  return perform(
    places,
    { kind: 'place', axis: frontAxis(axis, x.shape.length), start, step, count, length },
    [x],
  )
}
