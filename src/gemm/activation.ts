/**
 * The activations that a product can apply while it stores, one number at a time and in double precision: the reference of every
 * faster form. Each keeps its limit at −Infinity, and NaN stays NaN.
 */
import { erfc } from './erf.ts'

/** The activations that layers and the epilogue of a product know by name. */
export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu' | 'quick-gelu'

/** The scalar function of each activation. */
export const activations: Readonly<Record<Activation, (x: number) => number>> = {
  // with erfc: 1 + erf(x/√2) cancels for negative x, where erfc(−x/√2) keeps every digit
  gelu: (x) => (x === Number.NEGATIVE_INFINITY ? 0 : 0.5 * x * erfc(-x * Math.SQRT1_2)),
  // Hendrycks and Gimpel, arXiv:1606.08415; ½ (1 + tanh u) = 1 / (1 + exp(−2u)), which does not cancel
  'gelu-tanh': (x) => logisticTimes(x, 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)),
  relu: (x) => Math.max(x, 0),
  silu: (x) => logisticTimes(x, x),
  // Hendrycks and Gimpel's approximation by the logistic function, which OpenAI's CLIP was trained with
  'quick-gelu': (x) => logisticTimes(x, 1.702 * x),
}

/** `x / (1 + exp(−u))`, 0 where u is −Infinity. */
function logisticTimes(x: number, u: number): number {
  return u === Number.NEGATIVE_INFINITY ? 0 : x / (1 + Math.exp(-u))
}
