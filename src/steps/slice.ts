/** A part of an axis, and a part put where it belongs among zeros: the two undo each other. */

import { copyApart } from '../copy/copy.ts'
import { countBefore, indexOf, pickPlainly } from '../copy/reference.ts'
import { dtypeOf } from '../layout/data.ts'
import { isBigDtype } from '../layout/dtype.ts'
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
  reference({ axis, start, step, lengths }, [x]) {
    const source = tensorOf(x!)
    const result = newResult(source.data, source.shape.toSpliced(axis, 1, ...lengths), 'slice')
    pickPlainly(source, result, (index) => {
      const at = countBefore(index.slice(axis, axis + lengths.length), lengths)
      return index.toSpliced(axis, lengths.length, start + step * at)
    })
    return result
  },
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
  perform: (step, [x]) =>
    placed(step, tensorOf(x!), (source, result, lengths) => {
      copyApart(source, { data: result.data, ...sliced(result, { ...step, lengths }) })
    }),
  reference: (step, [x]) =>
    placed(step, tensorOf(x!), (source, result, lengths) => {
      const { axis, start, step: apart } = step
      pickPlainly(source, result, (index) => {
        const at = (index[axis]! - start) / apart
        const isThere = Number.isInteger(at) && at >= 0 && at < sizeOf(lengths)
        return isThere ? index.toSpliced(axis, 1, ...indexOf(at, lengths)) : null
      })
    }),
}

function placed(
  { axis, count, length }: Place,
  x: Tensor,
  fill: (source: Tensor, result: Tensor, lengths: readonly number[]) => void,
): Tensor {
  const result = newResult(x.data, x.shape.toSpliced(axis, count, length), 'place')
  zero(result)
  fill(x, result, x.shape.slice(axis, axis + count))
  return result
}

/** Fills a contiguous tensor with zeros. */
export function zero({ data, shape, offset }: Tensor): void {
  const elements = current(data) as { fill?(value: unknown, start: number, end: number): unknown }
  const nothing = isBigDtype(dtypeOf(data)) ? 0n : 0
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
