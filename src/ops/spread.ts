/** std and variance: made of the operations that there are, mean, difference, square and sum, in double precision. */
import { copyApart } from '../copy/copy.ts'
import { foldInto } from '../copy/fold.ts'
import type { Dtype } from '../layout/dtype.ts'
import { contiguous, type Layout, sizeOf, slice } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { zipInto } from '../rows/zip.ts'
import { allocateResult, resultKind } from '../steps/result.ts'

export const spreadNames = ['std', 'variance'] as const

export type SpreadName = (typeof spreadNames)[number]

export function isSpreadName(name: string): name is SpreadName {
  return (spreadNames as readonly string[]).includes(name)
}

/** A reduction of a view's last axes to the spread of their elements. */
export function spread(
  name: SpreadName,
  correction: number,
  dtype: Dtype,
): (view: Tensor, axes: number[]) => Tensor {
  return (view, axes) => {
    const rank = view.shape.length - axes.length
    const [shape, stride] = [view.shape.slice(0, rank), view.stride.slice(0, rank)]
    const dropped = { shape: view.shape.slice(rank), stride: view.stride.slice(rank), offset: 0 }
    const data = allocateResult(resultKind(view.data, dtype, 'reduce'), sizeOf(shape), 'reduce')
    const result = { ...contiguous(shape), data }
    spreadInto(name, view, { shape, stride, offset: view.offset }, dropped, correction, result)
    return result
  }
}

/** Deviations are in memory for so many elements at a time, where results are more than one. */
const slabElements = 1 << 18

/**
 * Writes into `target` (of `kept`'s shape) the variance of the elements that lie at `dropped`'s indices from each of `kept`'s elements: the sum of
 * squared deviations by their number less `correction`.
 */
function spreadInto(
  name: SpreadName,
  source: Tensor,
  kept: Layout,
  dropped: Layout,
  correction: number,
  target: Tensor,
): void {
  const count = sizeOf(dropped.shape)
  const length = kept.shape[0] ?? 1
  const size = count * sizeOf(kept.shape)
  if (size > slabElements && length > 1) {
    const step = Math.max(1, Math.floor((slabElements * length) / size))
    for (let start = 0; start < length; start += step) {
      const end = Math.min(length, start + step)
      const part = slice(kept, 0, start, end)
      spreadInto(name, source, part, dropped, correction, {
        ...slice(target, 0, start, end),
        data: target.data,
      })
    }
    return
  }
  const sums = ofDoubles(kept.shape)
  if (count > 0) {
    const means = ofDoubles(kept.shape)
    foldInto('mean', source.data, kept, dropped, means)
    const shape = [...kept.shape, ...dropped.shape]
    const rank = kept.shape.length
    const deviations = ofDoubles(shape)
    const elements = { ...kept, data: source.data, shape, stride: [...kept.stride, ...dropped.stride] }
    const repeated = { ...means, shape, stride: [...means.stride, ...dropped.shape.map(() => 0)] }
    zipInto('subtract', elements, repeated, deviations)
    zipInto('multiply', deviations, deviations, deviations)
    const { stride, data } = deviations
    const rows = { shape: kept.shape, stride: stride.slice(0, rank), offset: 0 }
    foldInto('sum', data, rows, { shape: dropped.shape, stride: stride.slice(rank), offset: 0 }, sums)
  }
  const divisor = Math.max(0, count - correction)
  for (let i = 0; i < sums.data.length; i++) {
    const variance = sums.data[i]! / divisor
    sums.data[i] = name === 'std' ? Math.sqrt(variance) : variance
  }
  copyApart(sums, target)
}

function ofDoubles(shape: readonly number[]): Tensor<Float64Array> {
  return { ...contiguous(shape), data: new Float64Array(sizeOf(shape)) }
}
