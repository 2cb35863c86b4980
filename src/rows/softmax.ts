/**
 * Softmax and its logarithm along one axis, shifted by the row's largest value, so that no exponential overflows and
 * values of −Infinity (a mask) get the probability 0 exactly. A row of −Infinity only has no softmax: it gives NaN, as
 * in PyTorch.
 */
import type { FloatTensor, Tensor } from '../layout/tensor.ts'
import { softmaxInHeap } from './in-heap.ts'
import { frontAxis, mapRows } from './walk.ts'

export interface AxisOption {
  /** Which axis sums to one; negative counts from the last. */
  readonly axis?: number
}

/** `exp(x) / sum(exp(x))` along `axis`, −1 if not given. */
export function softmax(x: FloatTensor, { axis = -1 }: AxisOption = {}): FloatTensor {
  const inHeap = frontAxis(axis, x.shape.length) === x.shape.length - 1 && softmaxInHeap(x)
  if (inHeap) return inHeap
  return mapRows(x, axisOf(x, axis), softmaxRow)
}

/** `x − log(sum(exp(x)))` along `axis`, −1 if not given; finite where softmax itself would round to 0. */
export function logSoftmax(x: FloatTensor, { axis = -1 }: AxisOption = {}): FloatTensor {
  return mapRows(x, axisOf(x, axis), logSoftmaxRow)
}

/** Softmax in double precision, along an axis of numbers that stand in row-major order; they are replaced. */
export function softmaxOfDoubles(x: Tensor<Float64Array>, axis: number): Tensor<Float64Array> {
  const n = x.shape.at(axis) ?? 1
  const step = x.stride.at(axis) ?? 1
  const row = new Float64Array(n)
  for (
    let start = 0;
    n > 0 && start < x.data.length;
    start += start % step === step - 1 ? step * (n - 1) + 1 : 1
  ) {
    for (let i = 0; i < n; i++) row[i] = x.data[start + i * step]!
    softmaxRow(row)
    for (let i = 0; i < n; i++) x.data[start + i * step] = row[i]!
  }
  return x
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

/** A 0-d tensor is one row of one element. */
function axisOf(x: FloatTensor, axis: number): number[] {
  return x.shape.length === 0 ? [] : [frontAxis(axis, x.shape.length)]
}
