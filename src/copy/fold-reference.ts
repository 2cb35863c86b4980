/**
 * Reducing, said plainly: for every element of the result, all elements that it is made of, one after the other. What
 * the fast reduction is tested against.
 */
import { dtypeOf } from '../layout/data.ts'
import { type Dtype, isBigDtype } from '../layout/dtype.ts'
import { type Layout, sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { folds, type ReductionName } from './reduction.ts'
import { asElementOf, readElement, writeElement } from './reference.ts'

/**
 * Writes into `target` (of `kept`'s shape) the reduction of the elements that lie at `dropped`'s indices from each of
 * `kept`'s elements. For `min` and `max` there must be some.
 */
export function foldPlainly(
  reduction: ReductionName,
  data: Data,
  kept: Layout,
  dropped: Layout,
  target: Tensor,
): void {
  const { empty, begin, step } = folds[reduction === 'mean' ? 'sum' : reduction]
  const count = sizeOf(dropped.shape)
  const dtype = dtypeOf(target.data)
  const wrap = wrapping(reduction, dtypeOf(data))
  const starts = positions(kept)
  const steps = [...positions({ ...dropped, offset: 0 })]
  for (const to of positions(target)) {
    const from = starts.next().value as number
    let result: number | bigint | undefined
    for (const distance of steps) {
      const value = readElement(data, from + distance) as number
      result = wrap(result === undefined ? begin(value) : step(result, value))
    }
    result ??= empty!
    if (reduction === 'mean') result = count === 0 ? Number.NaN : (result as number) / count
    writeElement(target.data, to, asElementOf(dtype, result))
  }
}

/** Products of big integers as 64 bits hold them, at each step: they would grow beyond what arithmetic takes in time. All else as it is. */
function wrapping(reduction: ReductionName, dtype: Dtype): (value: number | bigint) => number | bigint {
  if (reduction !== 'prod' || !isBigDtype(dtype)) return (value) => value
  const limit = dtype === 'bigint64' ? BigInt.asIntN : BigInt.asUintN
  return (value) => limit(64, value as bigint)
}

/** The positions of all elements in row-major order. */
function* positions({ shape, stride, offset }: Layout, axis = 0): Generator<number> {
  if (axis === shape.length) {
    yield offset
    return
  }
  for (let i = 0; i < shape[axis]!; i++) {
    yield* positions({ shape, stride, offset: offset + i * stride[axis]! }, axis + 1)
  }
}
