/**
 * Multi-head self-attention (Vaswani et al., arXiv:1706.03762) as document 4 and timm write it: one linear map gives
 * queries, keys and values of all heads at once; splitting and merging the heads is part of the patterns and moves
 * nothing. Options are those of timm's `Attention`, and `qkScale` of document 4.
 */

import type { NdArray } from '../layout/tensor.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { unpackTensor } from '../ops/unpack.ts'
import type { Value } from '../steps/value.ts'
import { attendHeads } from './attend-heads.ts'
import { expectLength, expectOption, expectRank, expectWhole } from './check.ts'
import { Dropout } from './dropout.ts'
import { firstOf } from './first-tokens.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import { makeNorm, normOptions } from './norm.ts'
import { observe, tellsWeights, type WithWeights, withWeights } from './observe.ts'
import { type Kind, kind, nested, type OptionsOf, or, orNull, readOptions } from './options.ts'
import {
  makeRelativePositions,
  type RelativePositionOptions,
  type RelativePositions,
  relativePositionOptions,
} from './relative-positions.ts'
import { Identity } from './sequential.ts'

/** The options that differential attention has too. */
export const sharedOptions = {
  numHeads: or(kind.length, 8),
  qkvBias: or(kind.flag, false),
  /** Whether queries and keys are normalised, each head by itself; false if not given. */
  qkNorm: or(kind.flag, false),
  /** Whether the merged heads are normalised before the projection (timm's `scale_norm`); false if not given. */
  scaleNorm: or(kind.flag, false),
  projBias: or(kind.flag, true),
  /** Dropout of the attention weights; 0 if not given. */
  attnDrop: or(kind.share, 0),
  /** Dropout of the result; 0 if not given. */
  projDrop: or(kind.share, 0),
  ...normOptions,
  /** How the linear map of queries, keys and values is drawn. */
  init: kind.init,
  /** How the output projection is drawn; as `init` if not given. */
  projInit: kind.init,
}

const relPos: Kind<RelativePositionOptions> = nested(relativePositionOptions)

const attentionOptions = {
  ...sharedOptions,
  /** Width of a head; dim / numHeads if not given. */
  headDim: kind.length,
  /** What the logits are multiplied by; 1/√headDim if not given (or 0, as in document 4). */
  qkScale: orNull(kind.number),
  /** Whether merged heads are projected; vit-pytorch leaves it out for one head as wide as the token; true if not given. */
  proj: or(kind.flag, true),
  /** What turns queries and keys, [b, h, n, d], by their positions; nothing if not given. */
  rope: kind.module,
  /** What is added to the scores by the distance of query and key on a grid; nothing if not given. */
  relPos,
}

export interface AttentionOptions extends OptionsOf<typeof attentionOptions> {}

/** The weights of every attention in a layer on the way to its answer, each [b, head, n, n]. */
export function attentionMaps(layer: Module, x: NdArray<Float32Array>): NdArray<Float32Array>[] {
  const maps: NdArray<Float32Array>[] = []
  const attentions = [...layer.modules()].filter(tellsWeights)
  const stops = attentions.map((attention) => observe(attention, (_, weights) => maps.push(weights!)))
  try {
    layer.forward(x)
  } finally {
    for (const stop of stops) stop()
  }
  return maps
}

/**
 * Every token looks at all tokens: [b, n, dim] → [b, n, dim].
 *
 * @param dim width of a token
 * @throws {EinopsError} when `numHeads` does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const attention = new Attention(768, { numHeads: 8, qkvBias: true })
 * const x = ndarray(new Float32Array(4 * 768), [1, 4, 768])
 * attention.forward(x).shape // → [1, 4, 768]
 * attention.attend(x).weights.shape // → [1, 8, 4, 4]
 */
export class Attention extends Module {
  static readonly tellsWeights = true
  readonly qkv: Linear
  readonly qNorm: Module
  readonly kNorm: Module
  readonly rope: Module
  readonly relPos: RelativePositions | null
  readonly attnDrop: Dropout
  readonly norm: Module
  readonly proj: Linear | Identity
  readonly projDrop: Dropout
  readonly numHeads: number
  readonly scale: number

  constructor(dim: number, options: AttentionOptions = {}) {
    super()
    const read = readOptions(this, options, attentionOptions)
    const { numHeads, qkvBias, projBias, normLayer, eps, qkNorm, relPos, attnDrop, projDrop } = read
    expectWhole(this, { dim, numHeads })
    const { headDim = dim / numHeads, init, projInit = init, proj: project } = read
    expectOption(
      this,
      Number.isInteger(headDim),
      `numHeads does not divide dim — got ${numHeads} heads of dim ${dim}`,
    )
    const inner = numHeads * headDim
    this.numHeads = numHeads
    this.scale = read.qkScale || headDim ** -0.5
    this.qkv = new Linear(dim, 3 * inner, { bias: qkvBias, init })
    this.qNorm = qkNorm ? makeNorm(normLayer, headDim, { eps }) : new Identity()
    this.kNorm = qkNorm ? makeNorm(normLayer, headDim, { eps }) : new Identity()
    this.rope = read.rope ?? new Identity()
    this.relPos = relPos ? makeRelativePositions(numHeads, relPos) : null
    this.attnDrop = new Dropout({ p: attnDrop })
    this.norm = read.scaleNorm ? makeNorm(normLayer, inner, { eps }) : new Identity()
    expectOption(
      this,
      project || inner === dim,
      `without a projection the merged heads must be as wide as a token — got ${inner}, expected ${dim}`,
    )
    this.proj = project ? new Linear(inner, dim, { bias: projBias, init: projInit }) : new Identity()
    this.projDrop = new Dropout({ p: projDrop })
  }

  /** `asked`: how many of the first tokens anybody wants to know of; all if not given. */
  override compute(x: Value, asked?: number): Value {
    expectRank(this, x, '[b, n, d]')
    expectLength(this, x, 2, this.qkv.inFeatures, 'dim')
    const [first, second, v] = this.#heads(this.qkv.compute(x)) // each [b, h, n, d]
    const q = firstOf(this.rope.compute(this.qNorm.compute(first)), asked, 2)
    const k = this.rope.compute(this.kNorm.compute(second))
    const { scale, attnDrop } = this
    const bias = this.relPos === null ? undefined : firstOf(this.relPos.bias(), asked)
    const output = attendHeads(this, [q, k, v], { scale, attnDrop, bias })
    const merged = rearrangeTensor(output, 'b h n d -> b n (h d)')
    return this.projDrop.compute(this.proj.compute(this.norm.compute(merged)))
  }

  /** Runs the layer and also returns the attention weights [b, head, n, n]; row i says where token i looks. */
  attend(x: NdArray<Float32Array>): WithWeights {
    return withWeights(this, x)
  }

  /** Queries, keys and values as views: [b, n, (3 h d)] → three of [b, h, n, d]. */
  #heads(qkv: Value): [q: Value, k: Value, v: Value] {
    const heads = rearrangeTensor(qkv, 'b n (three h d) -> three b h n d', { three: 3, h: this.numHeads })
    return unpackTensor(heads, [[], [], []], '* b h n d') as [Value, Value, Value]
  }
}
