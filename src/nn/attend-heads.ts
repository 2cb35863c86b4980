/** What attentions of every kind do with their heads: the weights are dropped and told where the layer does so, and not made where nobody needs them. */

import { einsumTensor } from '../ops/einsum.ts'
import { type AttentionOptions, attend, attentionWeights } from '../steps/attend.ts'
import type { Value } from '../steps/value.ts'
import type { Dropout } from './dropout.ts'
import type { Module } from './module.ts'
import { isObserved, tellWeights } from './observe.ts'

/** q, k [b, h, n, d] and v [b, h, m, e] → [b, h, n, e]; `layer` is whose attention it is. */
export function attendHeads(
  layer: Module,
  [q, k, v]: readonly [Value, Value, Value],
  { attnDrop, ...options }: AttentionOptions & { readonly attnDrop: Dropout },
): Value {
  if (isObserved(layer)) tellWeights(layer, attentionWeights(q, k, v, options))
  if (!attnDrop.active) return attend(q, k, v, options)
  return einsumTensor(
    [attnDrop.compute(attentionWeights(q, k, v, options)), v],
    'b h n m, b h m d -> b h n d',
  )
}
