/** Attention through all layers at once (S. Abnar and W. Zuidema, "Quantifying Attention Flow in Transformers", 2020). */
import type { NdArray } from '../layout/tensor.ts'
import { einsum } from '../ops/einsum.ts'
import { reduce } from '../ops/reduce.ts'

/**
 * How much each token of the last layer has drawn from each token of the input: the product of all layers' attention,
 * averaged over heads, each layer with the half of it that passes by on the residual path.
 *
 * @param maps attention weights of every layer from the first, each [b, head, n, n], as `attentionMaps` gives them
 * @returns [b, n, n]; every row sums to 1
 *
 * @example
 * const even = ndarray(new Float32Array(9).fill(1 / 3), [1, 1, 3, 3])
 * attentionRollout([even, even]).shape // [1, 3, 3]
 */
export function attentionRollout(maps: readonly NdArray<Float32Array>[]): NdArray<Float32Array> {
  const [first, ...rest] = maps.map(withResidual)
  if (first === undefined)
    throw new RangeError('attentionRollout: there are no maps — got 0 layers, expected at least 1')
  return rest.reduce((flow, layer) => einsum([layer, flow], 'b n k, b k m -> b n m'), first)
}

/** Half the heads' mean and half the identity: [b, head, n, n] → [b, n, n]. */
function withResidual(map: NdArray<Float32Array>): NdArray<Float32Array> {
  const flow = reduce(map, 'b head n m -> b n m', 'mean') as NdArray<Float32Array>
  const [batch, n] = flow.shape as [number, number, number]
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) flow.set(b, i, j, (flow.get(b, i, j) + (i === j ? 1 : 0)) / 2)
    }
  }
  return flow
}
