/** Pooling by attention: learned tokens look at all others, and the first of them is the answer (timm's `AttentionPoolLatent`). */

import { rearrangeTensor } from '../ops/rearrange.ts'
import { repeatTensor } from '../ops/repeat.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { attend } from '../steps/attend.ts'
import type { Value } from '../steps/value.ts'
import { add } from '../steps/zip.ts'
import { expectLength, expectOption, expectRank, expectWhole } from './check.ts'
import { newParameter, truncNormal } from './init.ts'
import { Linear } from './linear.ts'
import { Mlp, mlpOptions } from './mlp.ts'
import { Module } from './module.ts'
import { makeNorm, normOptions } from './norm.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'

const poolOptions = {
  numHeads: or(kind.length, 8),
  /** Width of the MLP in multiples of `dim`; 4 if not given. */
  mlpRatio: or(kind.number, 4),
  /** Width of the MLP, where no multiple of `dim` says it. */
  hiddenFeatures: kind.length,
  activation: mlpOptions.activation,
  ...normOptions,
  init: kind.init,
}

export interface AttentionPoolOptions extends OptionsOf<typeof poolOptions> {}

/**
 * One token of all: [b, n, dim] → [b, dim].
 *
 * @param dim width of a token
 * @throws {EinopsError} when `numHeads` does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const pool = new AttentionPool(48, { numHeads: 3 })
 * pool.forward(ndarray(new Float32Array(2 * 16 * 48), [2, 16, 48])).shape // → [2, 48]
 */
export class AttentionPool extends Module {
  readonly latent: Parameter
  readonly q: Linear
  readonly kv: Linear
  readonly proj: Linear
  readonly norm: Module
  readonly mlp: Mlp
  readonly numHeads: number

  constructor(dim: number, options: AttentionPoolOptions = {}) {
    super()
    const { numHeads, mlpRatio, normLayer, eps, activation, init, ...read } = readOptions(
      this,
      options,
      poolOptions,
    )
    expectWhole(this, { dim, numHeads })
    expectOption(
      this,
      dim % numHeads === 0,
      `numHeads does not divide dim — got ${numHeads} heads of dim ${dim}`,
    )
    this.numHeads = numHeads
    this.latent = newParameter([1, 1, dim], truncNormal({ std: dim ** -0.5 }))
    this.q = new Linear(dim, dim, { init })
    this.kv = new Linear(dim, 2 * dim, { init })
    this.proj = new Linear(dim, dim, { init })
    this.norm = makeNorm(normLayer, dim, { eps })
    const { hiddenFeatures = Math.floor(dim * mlpRatio) } = read
    this.mlp = new Mlp(dim, { hiddenFeatures, activation, eps, init })
  }

  override compute(x: Value): Value {
    expectRank(this, x, '[b, n, d]')
    expectLength(this, x, 2, this.q.inFeatures, 'dim')
    const heads = { h: this.numHeads }
    const latent = repeatTensor(this.latent, '1 l d -> b l d', { b: x.shape[0]! })
    const q = rearrangeTensor(this.q.compute(latent), 'b l (h d) -> b h l d', heads)
    const keysAndValues = rearrangeTensor(this.kv.compute(x), 'b n (two h d) -> two b h n d', {
      two: 2,
      ...heads,
    })
    const [k, v] = unpackTensor(keysAndValues, [[], []], '* b h n d')
    const output = attend(q, k!, v!)
    const y = this.proj.compute(rearrangeTensor(output, 'b h l d -> b l (h d)'))
    const [first] = unpackTensor(add(y, this.mlp.compute(this.norm.compute(y))), [[], [-1]], 'b * d')
    return first!
  }
}
