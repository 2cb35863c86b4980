/**
 * What happens to an element of a product on its way to memory: scaled, biased, activated, added to what a residual
 * connection brings. Doing it in the store saves a pass over the result for each.
 */
import type { Tensor } from '../layout/tensor.ts'
import type { Activation } from './activation.ts'
import type { Operand } from './operand.ts'

/** `activation(scale · product + bias) + residual`; what is left out is left out. */
export interface Epilogue {
  readonly scale?: number
  /** Broadcasts against the output as numpy does, from the last axis on: [d] for an output [b, n, d]. */
  readonly bias?: Tensor
  readonly activation?: Activation
  /** Broadcasts against the output likewise. */
  readonly residual?: Tensor
}

/** An epilogue whose tensors are given by the strides of the contraction's labels. */
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
