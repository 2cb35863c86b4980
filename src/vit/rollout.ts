/** Attention through all layers at once (S. Abnar and W. Zuidema, "Quantifying Attention Flow in Transformers", 2020). */
import { EinopsError } from '../../grammar/error.ts'
import type { NdArray } from '../layout/tensor.ts'
import { einsum } from '../ops/einsum.ts'
import { asList } from '../ops/input.ts'
import { reduce } from '../ops/reduce.ts'

/**
 * How much each token of the last layer has drawn from each token of the input: the product of all layers' attention,
 * averaged over heads, each layer with the half of it that passes by on the residual path.
 *
 * @param maps attention weights of every layer from the first, each [b, head, n, n], as `attentionMaps` gives them
 * @returns [b, n, n]; every row sums to 1
 * @throws {EinopsError} when they are no list of such arrays
 *
 * @example
 * const even = ndarray(new Float32Array(9).fill(1 / 3), [1, 1, 3, 3])
 * attentionRollout([even, even]).shape // [1, 3, 3]
 */
export function attentionRollout(maps: readonly NdArray<Float32Array>[]): NdArray<Float32Array> {
  const list = asList(maps, 'attentionRollout')
  for (const [layer, { shape }] of list.entries()) {
    if (shape.length === 4 && shape[2] === shape[3]) continue
    throw new EinopsError({
      code: 'layer/rank',
      operation: 'attentionRollout',
      what: `map ${layer} is none of attention — got [${shape}], expected [b, head, n, n]`,
    })
  }
  const [first, ...rest] = maps.map(withResidual) as [NdArray<Float32Array>, ...NdArray<Float32Array>[]]
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
