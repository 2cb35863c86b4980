/**
 * Attention and MLP beside each other, with one norm before both and one map that gives queries, keys, values and the
 * MLP's hidden features (Dehghani et al., "Scaling Vision Transformers to 22 Billion Parameters", arXiv:2302.05442): timm's
 * `ParallelScalingBlock`, and `DiffParallelScalingBlock` with differential attention.
 */

import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { type Activation, activate } from '../steps/map.ts'
import type { Value } from '../steps/value.ts'
import { add } from '../steps/zip.ts'
import { attendHeads } from './attend-heads.ts'
import { expectLength, expectOption, expectRank, expectWhole } from './check.ts'
import { Difference } from './diff-attention.ts'
import { Dropout, DropPath } from './dropout.ts'
import { type EncoderBlockOptions, encoderBlockOptions } from './encoder-block.ts'
import { newParameter } from './init.ts'
import { LayerScale } from './layer-scale.ts'
import { Linear } from './linear.ts'
import { type Member, Module } from './module.ts'
import { makeNorm } from './norm.ts'
import { readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'
import { Identity } from './sequential.ts'

/**
 * `x + scale · (attention(y) + mlp(y))` of y = norm(x): [b, n, dim] → [b, n, dim]. With `differential` attention is differential, and both branches have one map out.
 *
 * @param dim width of a token
 * @throws {EinopsError} when `numHeads` (twice as many with `differential`) does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const block = new ParallelScalingBlock(48, { numHeads: 3, qkvBias: true })
 * block.forward(ndarray(new Float32Array(5 * 48), [1, 5, 48])).shape // → [1, 5, 48]
 */
export class ParallelScalingBlock extends Module {
  static readonly tellsWeights = true
  readonly mlpBias: Parameter | null
  readonly inNorm: Module
  readonly inProj: Linear
  readonly qNorm: Module
  readonly kNorm: Module
  readonly attnDrop: Dropout
  readonly mlpDrop: Dropout
  readonly attnOutProj: Linear | null
  readonly mlpOutProj: Linear | null
  readonly outProj: Linear | null
  readonly ls: Module
  readonly dropPath: DropPath
  readonly #difference: Difference | null
  readonly numHeads: number
  readonly hiddenFeatures: number
  readonly activation: Activation

  constructor(dim: number, options: EncoderBlockOptions, { differential = false } = {}) {
    super()
    const read = readOptions(this, options, encoderBlockOptions)
    const { numHeads, qkvBias, qkNorm, projBias, initValues } = read
    const { normLayer, eps, init, qkvInit = init, projInit = init } = read
    expectWhole(this, { dim, numHeads })
    const parts = differential ? 2 * numHeads : numHeads
    expectOption(
      this,
      dim % parts === 0,
      `${differential ? 'twice ' : ''}numHeads does not divide dim — got ${numHeads} heads of dim ${dim}`,
    )
    const { hiddenFeatures: hidden = Math.floor(dim * read.mlpRatio) } = read
    const headNorm = () => (qkNorm ? makeNorm(normLayer, dim / parts, { eps }) : new Identity())
    this.numHeads = numHeads
    this.hiddenFeatures = hidden
    this.activation = read.activation
    this.mlpBias = qkvBias ? null : newParameter([hidden], 'zeros')
    this.inNorm = makeNorm(normLayer, dim, { eps })
    this.inProj = new Linear(dim, hidden + 3 * dim, { bias: qkvBias, init: qkvInit })
    this.qNorm = headNorm()
    this.kNorm = headNorm()
    this.attnDrop = new Dropout({ p: read.attnDrop })
    this.mlpDrop = new Dropout({ p: read.drop })
    const out = (from: number) => new Linear(from, dim, { bias: projBias, init: projInit })
    this.attnOutProj = differential ? null : out(dim)
    this.mlpOutProj = differential ? null : out(hidden)
    this.outProj = differential ? out(dim + hidden) : null
    this.ls = initValues ? new LayerScale(dim, { initValues }) : new Identity()
    this.dropPath = new DropPath({ p: read.dropPath })
    this.#difference = differential ? new Difference(dim / numHeads, read.blockIndex) : null
  }

  /** λ and its norm are the block's own, as timm names them. */
  override members(): Member[] {
    return [...super.members(), ...(this.#difference?.members() ?? [])]
  }

  override compute(x: Value): Value {
    expectRank(this, x, '[b, n, d]')
    const { inFeatures: dim } = this.inProj
    expectLength(this, x, 2, dim, 'dim')
    const y = rearrangeTensor(this.inProj.compute(this.inNorm.compute(x)), 'b n d -> d b n')
    const [first, q, k, v] = unpackTensor(y, [[this.hiddenFeatures], [dim], [dim], [dim]], '* b n').map(
      (part) => rearrangeTensor(part, 'd b n -> b n d'),
    ) as [Value, Value, Value, Value]
    const hidden = this.mlpBias === null ? first : add(first, this.mlpBias)
    const fed = this.mlpDrop.compute(activate(hidden, this.activation))
    const attended = this.#attend(q, k, v)
    const sum =
      this.outProj === null
        ? add(this.attnOutProj!.compute(attended), this.mlpOutProj!.compute(fed))
        : this.outProj.compute(packTensors([attended, fed], 'b n *')[0])
    return add(x, this.dropPath.compute(this.ls.compute(sum)))
  }

  /** [b, n, (h d)] three times → [b, n, (h d)]. */
  #attend(q: Value, k: Value, v: Value): Value {
    const { numHeads: h, attnDrop, qNorm, kNorm } = this
    if (this.#difference !== null)
      return this.#difference.differ(this, [q, k, v], { h, attnDrop, qNorm, kNorm })
    const heads = (x: Value) => rearrangeTensor(x, 'b n (h d) -> b h n d', { h })
    const output = attendHeads(this, [qNorm.compute(heads(q)), kNorm.compute(heads(k)), heads(v)], {
      attnDrop,
    })
    return rearrangeTensor(output, 'b h n d -> b n (h d)')
  }
}

/** The same with differential attention, by timm's name. */
export class DiffParallelScalingBlock extends ParallelScalingBlock {
  constructor(dim: number, options: EncoderBlockOptions) {
    super(dim, options, { differential: true })
  }
}
