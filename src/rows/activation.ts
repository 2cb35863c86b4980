/**
 * Functions of single elements. The exact GELU is written with erfc: 1 + erf(x/√2) cancels for negative x, where
 * erfc(−x/√2) keeps every digit.
 */
import type { FloatTensor } from '../layout/tensor.ts'
import { erfc } from './erf.ts'
import { mapRows, type RowFunction } from './walk.ts'

/** The activations that layers and the epilogue of a product know by name. */
export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu'

export interface GeluOptions {
  /** `'tanh'` is the approximation that GPT-2 and some Google models were trained with. */
  readonly approximate?: 'none' | 'tanh'
}

/** `x · Φ(x)`, Φ the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415). */
export function gelu(x: FloatTensor, { approximate = 'none' }: GeluOptions = {}): FloatTensor {
  return map(x, approximate === 'tanh' ? geluTanhRow : geluRow)
}

/** `max(x, 0)`; NaN stays NaN. */
export function relu(x: FloatTensor): FloatTensor {
  return map(x, reluRow)
}

/** `x · sigmoid(x)`. */
export function silu(x: FloatTensor): FloatTensor {
  return map(x, siluRow)
}

/** An activation by its name. */
export function activate(x: FloatTensor, activation: Activation): FloatTensor {
  return map(x, rowFunctions[activation])
}

const rowFunctions: Record<Activation, RowFunction> = {
  gelu: geluRow,
  'gelu-tanh': geluTanhRow,
  relu: reluRow,
  silu: siluRow,
}

function geluRow(row: Float64Array): void {
  for (let i = 0; i < row.length; i++) {
    const x = row[i]!
    row[i] = x === Number.NEGATIVE_INFINITY ? 0 : 0.5 * x * erfc(-x * Math.SQRT1_2)
  }
}

function geluTanhRow(row: Float64Array): void {
  const c = Math.sqrt(2 / Math.PI)
  for (let i = 0; i < row.length; i++) {
    const x = row[i]!
    // 0.5 (1 + tanh u) = 1 / (1 + exp(−2u)), without the cancellation for negative u
    row[i] = logisticTimes(x, 2 * c * (x + 0.044715 * x * x * x))
  }
}

function siluRow(row: Float64Array): void {
  for (let i = 0; i < row.length; i++) row[i] = logisticTimes(row[i]!, row[i]!)
}

function reluRow(row: Float64Array): void {
  for (let i = 0; i < row.length; i++) if (row[i]! < 0) row[i] = 0
}

/** `x / (1 + exp(−u))`, 0 where u is −Infinity. */
function logisticTimes(x: number, u: number): number {
  return u === Number.NEGATIVE_INFINITY ? 0 : x / (1 + Math.exp(-u))
}

function map(x: FloatTensor, compute: RowFunction): FloatTensor {
  return mapRows(x, x.shape.length === 0 ? [] : [x.shape.length - 1], compute)
}
