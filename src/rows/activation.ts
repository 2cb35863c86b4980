/** The activations, element by element; each is defined in src/gemm/activation.ts, since a product can apply it as well. */
import { type Activation, activations } from '../gemm/activation.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type FloatArray, mapRows } from './walk.ts'

/** An activation of every element. */
export function activate<D extends FloatArray>(x: Tensor<D>, activation: Activation): Tensor<D> {
  const compute = activations[activation]
  return mapRows(x, x.shape.length === 0 ? [] : [x.shape.length - 1], (row) => {
    for (let i = 0; i < row.length; i++) row[i] = compute(row[i]!)
  })
}
