/**
 * Normalisation of rows. The variance is taken in two passes, of the differences from the mean, because
 * E[x²] − E[x]² cancels where the mean is large against the spread (Chan, Golub and LeVeque, "Algorithms for computing
 * the sample variance", 1983). It is the biased one, divided by n.
 */
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { mapRows, type RowFunction, valuesOf } from './walk.ts'

/** The functions by which a row is normalised: layer norm, centred, and RMS norm. */
export interface NormForm {
  /** The axes that are normalised together, in the order of the factors' axes. */
  readonly axes: readonly number[]
  /** Added to the variance or the mean square before its root. */
  readonly eps: number
  /** Whether the mean is taken off. */
  readonly centred: boolean
}

/** Factors and summands, each of the shape of the normalised axes. */
export interface Affine<D extends Floats> {
  readonly weight: Tensor<D> | null
  readonly bias: Tensor<D> | null
}

/** Each row normalised, times the factors, plus the summands. */
export function normalise<D extends Floats>(
  x: Tensor<D>,
  { axes, eps, centred }: NormForm,
  affine: Affine<D>,
): Tensor<D> {
  const normaliseRow = centred ? layerNorm(eps) : rmsNorm(eps)
  const weight = affine.weight && valuesOf(affine.weight)
  const bias = affine.bias && valuesOf(affine.bias)
  return mapRows(x, axes, (row) => {
    normaliseRow(row)
    if (weight) for (let i = 0; i < row.length; i++) row[i] = row[i]! * weight[i]!
    if (bias) for (let i = 0; i < row.length; i++) row[i] = row[i]! + bias[i]!
  })
}

/** `(x − mean) / sqrt(variance + eps)` (Ba, Kiros and Hinton, arXiv:1607.06450). */
function layerNorm(eps: number): RowFunction {
  return (row) => {
    const n = row.length
    let sum = 0
    for (let i = 0; i < n; i++) sum += row[i]!
    const mean = sum / n
    let squares = 0
    for (let i = 0; i < n; i++) squares += (row[i]! - mean) ** 2
    const scale = 1 / Math.sqrt(squares / n + eps)
    for (let i = 0; i < n; i++) row[i] = (row[i]! - mean) * scale
  }
}

/** `x / sqrt(mean(x²) + eps)` (Zhang and Sennrich, arXiv:1910.07467). */
function rmsNorm(eps: number): RowFunction {
  return (row) => {
    let squares = 0
    for (let i = 0; i < row.length; i++) squares += row[i]! * row[i]!
    const scale = 1 / Math.sqrt(squares / row.length + eps)
    for (let i = 0; i < row.length; i++) row[i] = row[i]! * scale
  }
}
