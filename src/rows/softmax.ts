/**
 * Softmax and its logarithm along one axis, shifted by the row's largest value, so that no exponential overflows and
 * values of −Infinity (a mask) get the probability 0 exactly. A row of −Infinity only has no softmax: it gives NaN, as
 * in PyTorch.
 */
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { mapRows } from './walk.ts'

/** `exp(x) / sum(exp(x))` along `axis`, or its logarithm, which is finite where softmax itself would round to 0. */
export function softmax<D extends Floats>(
  x: Tensor<D>,
  { axis, log = false }: { readonly axis: number; readonly log?: boolean },
): Tensor<D> {
  // a 0-d tensor is one row of one element
  return mapRows(x, x.shape.length === 0 ? [] : [axis], log ? logSoftmaxRow : softmaxRow)
}

function softmaxRow(row: Float64Array): void {
  const largest = maximum(row)
  let sum = 0
  for (let i = 0; i < row.length; i++) {
    const e = Math.exp(row[i]! - largest)
    row[i] = e
    sum += e
  }
  for (let i = 0; i < row.length; i++) row[i] = row[i]! / sum
}

function logSoftmaxRow(row: Float64Array): void {
  const largest = maximum(row)
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! - largest)
  const logarithm = Math.log(sum)
  // one after the other: their sum may round to the larger one
  for (let i = 0; i < row.length; i++) row[i] = row[i]! - largest - logarithm
}

function maximum(row: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < row.length; i++) if (row[i]! > largest) largest = row[i]!
  return largest
}
