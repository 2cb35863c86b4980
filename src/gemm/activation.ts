/**
 * The activations that a product can apply while it stores, one number at a time and in double precision: the reference of
 * every faster form.
 */
import { erfc } from './erf.ts'

export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu'

/** The scalar function of an activation. */
export const activations: Readonly<Record<Activation, (x: number) => number>> = {
  gelu: (x) => 0.5 * x * erfc(-x * Math.SQRT1_2),
  // Hendrycks & Gimpel 2016, the approximation that GPT-2 and torch's `approximate='tanh'` use
  'gelu-tanh': (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  // NaN stays NaN
  relu: (x) => Math.max(x, 0),
  silu: (x) => x / (1 + Math.exp(-x)),
}
