/**
 * What happens to an element of a product on its way to memory: scaled, biased, activated, added to what a residual
 * connection brings. Doing it in the store saves a pass over the result for each.
 */
import type { Activation } from './activation.ts'
import type { Operand } from './operand.ts'

/**
 * `activation(scale · product + bias) + residual`, the tensors by the strides of the contraction's labels: they
 * broadcast against the output as numpy does. What is left out is null.
 */
export interface BoundEpilogue {
  readonly scale: number
  readonly bias: Operand | null
  readonly activation: Activation | null
  readonly residual: Operand | null
}

export const noEpilogue: BoundEpilogue = Object.freeze({
  scale: 1,
  bias: null,
  activation: null,
  residual: null,
})
