/** The activations, element by element; each is defined in src/gemm/activation.ts, since a product can apply it as well. */

import { type Activation, activations } from '../gemm/activation.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { activateInHeap } from './in-heap.ts'
import { mapRows } from './walk.ts'

export type { Activation }

export interface GeluOptions {
  /** `'tanh'` is the approximation that GPT-2 and some Google models were trained with. */
  readonly approximate?: 'none' | 'tanh'
}

/** `x · Φ(x)`, Φ the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415). */
export function gelu(x: FloatTensor, { approximate = 'none' }: GeluOptions = {}): FloatTensor {
  return map(x, approximate === 'tanh' ? 'gelu-tanh' : 'gelu')
}

/** `max(x, 0)`; NaN stays NaN. */
export function relu(x: FloatTensor): FloatTensor {
  return map(x, 'relu')
}

/** `x · sigmoid(x)`. */
export function silu(x: FloatTensor): FloatTensor {
  return map(x, 'silu')
}

/** `x · sigmoid(1.702 x)`, GELU's approximation in OpenAI's CLIP. */
export function quickGelu(x: FloatTensor): FloatTensor {
  return map(x, 'quick-gelu')
}

/** An activation by its name. */
export function activate(x: FloatTensor, activation: Activation): FloatTensor {
  return map(x, activation)
}

function map(x: FloatTensor, activation: Activation): FloatTensor {
  const inHeap = activateInHeap(x, activation)
  if (inHeap) return inHeap
  const compute = activations[activation]
  return mapRows(x, x.shape.length === 0 ? [] : [x.shape.length - 1], (row) => {
    for (let i = 0; i < row.length; i++) row[i] = compute(row[i]!)
  })
}
