/**
 * Normalisation of rows. The variance is taken in two passes, of the differences from the mean, because
 * E[x²] − E[x]² cancels where the mean is large against the spread (Chan, Golub and LeVeque, "Algorithms for computing
 * the sample variance", 1983). It is the biased one, divided by n.
 */
import type { FloatTensor } from '../layout/tensor.ts'
import { normaliseInHeap } from './in-heap.ts'
import { frontAxis, mapRows, type RowFunction, valuesOf } from './walk.ts'

export interface NormOptions {
  /** Factors, of the shape of the normalised axes. */
  readonly weight?: FloatTensor | undefined
  /** Summands, of the shape of the normalised axes. */
  readonly bias?: FloatTensor | undefined
  /** Added to the variance or the mean square before its root. */
  readonly eps: number
  /** The axes that are normalised together, in the order of weight's axes; the last one if not given. */
  readonly axes?: readonly number[]
}

/** `(x − mean) / sqrt(variance + eps) · weight + bias` (Ba, Kiros and Hinton, arXiv:1607.06450). */
export function layerNorm(x: FloatTensor, options: NormOptions): FloatTensor {
  const { eps } = options
  const inHeap = normaliseInHeap(x, options, { centred: true })
  if (inHeap) return inHeap
  return mapNormalised(x, options, (row) => {
    const n = row.length
    let sum = 0
    for (let i = 0; i < n; i++) sum += row[i]!
    const mean = sum / n
    let squares = 0
    for (let i = 0; i < n; i++) squares += (row[i]! - mean) ** 2
    const scale = 1 / Math.sqrt(squares / n + eps)
    for (let i = 0; i < n; i++) row[i] = (row[i]! - mean) * scale
  })
}

/** `x / sqrt(mean(x²) + eps) · weight + bias` (Zhang and Sennrich, arXiv:1910.07467). */
export function rmsNorm(x: FloatTensor, options: NormOptions): FloatTensor {
  const { eps } = options
  const inHeap = normaliseInHeap(x, options, { centred: false })
  if (inHeap) return inHeap
  return mapNormalised(x, options, (row) => {
    let squares = 0
    for (let i = 0; i < row.length; i++) squares += row[i]! * row[i]!
    const scale = 1 / Math.sqrt(squares / row.length + eps)
    for (let i = 0; i < row.length; i++) row[i] = row[i]! * scale
  })
}

function mapNormalised(x: FloatTensor, options: NormOptions, normalise: RowFunction): FloatTensor {
  const axes = (options.axes ?? [-1]).map((axis) => frontAxis(axis, x.shape.length))
  const weight = options.weight && valuesOf(options.weight)
  const bias = options.bias && valuesOf(options.bias)
  return mapRows(x, axes, (row) => {
    normalise(row)
    if (weight) for (let i = 0; i < row.length; i++) row[i] = row[i]! * weight[i]!
    if (bias) for (let i = 0; i < row.length; i++) row[i] = row[i]! + bias[i]!
  })
}
