/**
 * Runs a function over the rows of a tensor: the elements that share their index along all other axes. Rows may lie
 * anywhere (any strides, any set of axes), so a function on one plain row is all that a norm or a softmax has to be.
 * Rows are handed over in double precision, so that every operation of this room rounds exactly once.
 */

import { allocate, dtypeOf, type Floats } from '../layout/data.ts'
import { isBigDtype } from '../layout/dtype.ts'
import { contiguous, type Layout, permute, sizeOf } from '../layout/layout.ts'
import { isFloat64 } from '../layout/realms.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/heap.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { resultTensor } from '../wasm/result.ts'

/** What computes one row in place. */
export type RowFunction = (row: Float64Array) => void

/** Elements that rows are made of. */
/** A new contiguous tensor of the precision of `x`, or of its big integers, the elements not set; of single precision with the other tensors of a running model. */
export function newLike<D extends Floats>(x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  const isOwn = isFloat64(x.data) || isBigDtype(dtypeOf(x.data))
  const tensor: Tensor = isOwn
    ? { ...contiguous(shape), data: allocate<Data>(x.data, sizeOf(shape)) }
    : resultTensor(shape)
  return tensor as Tensor<D>
}

/** Applies `compute` to every row along `axes` and returns the results as a new contiguous tensor of the same shape. */
export function mapRows<D extends Floats>(
  x: Tensor<D>,
  axes: readonly number[],
  compute: RowFunction,
): Tensor<D> {
  computedPlainly()
  const result = newLike(x, x.shape)
  if (sizeOf(x.shape) === 0) return result
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const from = offsets(permute(x, axes))
  const to = offsets(permute(result, axes))
  const fromRows = offsets({ ...permute(x, others), offset: 0 })
  const toRows = offsets({ ...permute(result, others), offset: 0 })
  const source = current(x.data)
  const target = current(result.data)
  const row = new Float64Array(from.length)
  for (let r = 0; r < fromRows.length; r++) {
    const start = fromRows[r]!
    const end = toRows[r]!
    for (let i = 0; i < row.length; i++) row[i] = source[start + from[i]!]!
    compute(row)
    for (let i = 0; i < row.length; i++) target[end + to[i]!] = row[i]!
  }
  return result
}

/** The offsets of all elements of a layout, in row-major order; a scatter vector in the words of `src/gemm`. */
export function offsets({ shape, stride, offset }: Layout): Float64Array {
  let table = Float64Array.of(offset)
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!
    const longer = new Float64Array(table.length * length)
    for (let i = 0; i < longer.length; i++) {
      longer[i] = table[Math.floor(i / length)]! + (i % length) * stride[axis]!
    }
    table = longer
  }
  return table
}

/** The elements of a tensor in row-major order, in double precision. */
export function valuesOf(x: Tensor<Floats>): Float64Array {
  const data = current(x.data)
  return offsets(x).map((offset) => data[offset]!)
}

/** `axis` counted from the front; negative ones count from the back, as in NumPy. */
export function frontAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}
