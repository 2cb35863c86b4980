/**
 * Several attentions beside each other, then several MLPs (Touvron et al., "Three things everyone should know about
 * Vision Transformers", arXiv:2203.09795): timm's `ParallelThingsBlock`.
 */

import type { Value } from '../steps/value.ts'
import { addTo } from './check.ts'
import { EncoderBlock, type EncoderBlockOptions, encoderBlockOptions } from './encoder-block.ts'
import { type Member, Module } from './module.ts'
import { expectOptions } from './options.ts'

/**
 * `x + Σ attention(norm(x))`, then `x + Σ mlp(norm(x))`: [b, n, dim] → [b, n, dim].
 *
 * @param dim width of a token
 * @throws {EinopsError} when `numHeads` does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const block = new ParallelThingsBlock(192, { numHeads: 3, qkvBias: true })
 * block.forward(ndarray(new Float32Array(5 * 192), [1, 5, 192])).shape // → [1, 5, 192]
 */
export class ParallelThingsBlock extends Module {
  /** Blocks of which the attentions are run together, and then the MLPs. */
  readonly #blocks: readonly EncoderBlock[]

  constructor(dim: number, options: EncoderBlockOptions, numParallel = 2) {
    super()
    expectOptions(this, options, encoderBlockOptions)
    this.#blocks = Array.from(
      { length: numParallel },
      () => new EncoderBlock(dim, { ...options, normFirst: true }),
    )
  }

  /** timm keeps what is before each attention and behind it with it, and so for the MLPs. */
  override members(): Member[] {
    const parts = (branch: string, own: (block: EncoderBlock) => readonly (readonly [string, Module])[]) =>
      this.#blocks.flatMap((block, i) =>
        own(block).map(([name, part]) => [`${branch}.${i}.${name}`, part] as const),
      )
    return [
      ...parts('attns', ({ norm1, attn, ls1, dropPath1 }) => [
        ...([
          ['norm', norm1],
          ['attn', attn],
          ['ls', ls1],
          ['drop_path', dropPath1],
        ] as const),
      ]),
      ...parts('ffns', ({ norm2, mlp, ls2, dropPath2 }) => [
        ...([
          ['norm', norm2],
          ['mlp', mlp],
          ['ls', ls2],
          ['drop_path', dropPath2],
        ] as const),
      ]),
    ]
  }

  override compute(x: Value): Value {
    const attended = this.#blocks.reduce(
      (sum, block) => addTo(sum, block.attended(block.norm1.compute(x)), this),
      x,
    )
    return this.#blocks.reduce(
      (sum, block) => addTo(sum, block.fed(block.norm2.compute(attended)), this),
      attended,
    )
  }
}
