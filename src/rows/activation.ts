/** Functions element by element; activations are defined in src/gemm/activation.ts, since a product can apply them as well. */
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { functions, type MapFunction } from './functions.ts'
import { mapRows } from './walk.ts'

/** A function of every element. */
export function activate<D extends Floats>(x: Tensor<D>, fn: MapFunction): Tensor<D> {
  const compute = functions[fn]
  return mapRows(x, x.shape.length === 0 ? [] : [x.shape.length - 1], (row) => {
    for (let i = 0; i < row.length; i++) row[i] = compute(row[i]!)
  })
}
