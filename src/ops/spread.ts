/** std and variance: made of the operations that there are, mean, difference, square and sum, in double precision. */

import { parseTransform } from '../../grammar/index.ts'
import { copyApart } from '../copy/copy.ts'
import { foldInto } from '../copy/fold.ts'
import type { Dtype } from '../layout/dtype.ts'
import { dualOf } from '../layout/dual.ts'
import { contiguous, type Layout, sizeOf, slice } from '../layout/layout.ts'
import type { Plan, PlanAxis } from '../layout/plan.ts'
import { planOf } from '../layout/plans.ts'
import type { Tensor } from '../layout/tensor.ts'
import { zipInto } from '../rows/zip.ts'
import { foldBy } from '../steps/fold.ts'
import { elementary } from '../steps/map.ts'
import { converted, rearranged } from '../steps/rearrange.ts'
import { allocateResult, resultKind } from '../steps/result.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { multiply, zip } from '../steps/zip.ts'

export const spreadNames = ['std', 'variance'] as const

export type SpreadName = (typeof spreadNames)[number]

export function isSpreadName(name: string): name is SpreadName {
  return (spreadNames as readonly string[]).includes(name)
}

/** The same as steps, for machines that see which are taken: in the same order, so with the same bits. */
export function spreadSteps(name: SpreadName, correction: number, x: Value, plan: Plan): Value {
  const wide = typeOf(x) === 'float64' ? x : converted(x, 'float64')
  const rows = rearranged(wide, inRows(plan), { copy: true })
  const kept = plan.outputShape.map((_, i) => `a${i}`).join(' ')
  const dropping = planOf(parseTransform(`${kept} r -> ${kept}`, 'reduce'), rows.shape)
  const means = rearranged(foldBy(rows, dropping, 'mean'), dualOf(dropping))
  const deviations = zip('subtract', rows, means)
  const squares = foldBy(multiply(deviations, deviations), dropping, 'sum')
  const count = rows.shape.at(-1)!
  const divisor = { ...contiguous([]), data: Float64Array.of(Math.max(0, count - correction)) }
  const variance = zip('divide', squares, divisor)
  return name === 'std' ? elementary(variance, 'sqrt') : variance
}

/** The dimensions of a reduction's result, and behind them all that it drops as one. */
function inRows(plan: Plan): Plan {
  const all = [...plan.axes, ...plan.reduced]
  const named = (axes: readonly PlanAxis[]) => `(${axes.map((axis) => `a${all.indexOf(axis)}`).join(' ')})`
  const from = plan.shape.map((_, dimension) => {
    const own = all.filter((axis) => axis.dimension === dimension)
    return named(own.toSorted((a, b) => b.step - a.step || b.length - a.length))
  })
  const kept = plan.dimensions.map((axes) => named(axes.filter(({ dimension }) => dimension >= 0)))
  const lengths = Object.fromEntries(
    all.filter(({ dimension }) => dimension >= 0).map((axis) => [`a${all.indexOf(axis)}`, axis.length]),
  )
  const text = `${from.join(' ')} -> ${[...kept, named(plan.reduced)].join(' ')}`
  return planOf(parseTransform(text, 'rearrange'), plan.shape, lengths)
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
    const shape = [...kept.shape, ...dropped.shape]
    const rank = kept.shape.length
    const elements = ofDoubles(shape)
    copyApart({ ...kept, data: source.data, shape, stride: [...kept.stride, ...dropped.stride] }, elements)
    const { stride, data } = elements
    const rows = { shape: kept.shape, stride: stride.slice(0, rank), offset: 0 }
    const along = { shape: dropped.shape, stride: stride.slice(rank), offset: 0 }
    const means = ofDoubles(kept.shape)
    foldInto('mean', data, rows, along, means)
    const repeated = { ...means, shape, stride: [...means.stride, ...dropped.shape.map(() => 0)] }
    zipInto('subtract', elements, repeated, elements)
    zipInto('multiply', elements, elements, elements)
    foldInto('sum', data, rows, along, sums)
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
