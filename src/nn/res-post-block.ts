/** The encoder block of Swin v2 (Liu et al., arXiv:2111.09883), timm's `ResPostBlock`: norms after attention and MLP, before the sums. */

import type { Value } from '../steps/value.ts'
import { addTo } from './check.ts'
import { EncoderBlock, type EncoderBlockOptions, encoderBlockOptions } from './encoder-block.ts'
import { expectOptions, only } from './options.ts'

/**
 * `x + norm1(attention(x))`, then `x + norm2(mlp(x))`: [b, n, dim] → [b, n, dim]. `initValues` are the first factors of the
 * norms; there is no layer scale.
 *
 * @param dim width of a token
 * @throws {EinopsError} when `numHeads` does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const block = new ResPostBlock(192, { numHeads: 3, qkvBias: true })
 * block.forward(ndarray(new Float32Array(5 * 192), [1, 5, 192])).shape // → [1, 5, 192]
 */
export class ResPostBlock extends EncoderBlock {
  constructor(dim: number, options: EncoderBlockOptions) {
    expectOptions('ResPostBlock', options, encoderBlockOptions)
    const { initValues = null, ...others } = only(options, encoderBlockOptions)
    super(dim, others)
    if (initValues === null) return
    for (const norm of [this.norm1, this.norm2]) {
      for (const [name, parameter] of norm.namedParameters()) {
        if (name === 'weight') parameter.update((values) => values.fill(initValues))
      }
    }
  }

  override compute(x: Value): Value {
    const attended = this.norm1.compute(this.attn.compute(x))
    const y = addTo(x, this.dropPath1.compute(attended), this)
    return addTo(y, this.dropPath2.compute(this.norm2.compute(this.mlp.compute(y))), this)
  }
}
