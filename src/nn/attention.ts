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
import type { LayerInit } from './init.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import { makeNorm, type NormLayer } from './norm.ts'
import { observe, tellsWeights, type WithWeights, withWeights } from './observe.ts'
import { each, expectOptions, type Kinds, kind, nested, orNull } from './options.ts'
import {
  makeRelativePositions,
  type RelativePositionOptions,
  type RelativePositions,
  relativePositionOptions,
} from './relative-positions.ts'
import { Identity } from './sequential.ts'

export interface AttentionOptions {
  readonly numHeads?: number | undefined
  /** Width of a head; dim / numHeads if not given. */
  readonly headDim?: number | undefined
  readonly qkvBias?: boolean | undefined
  /** What the logits are multiplied by; 1/√headDim if not given (or 0, as in document 4). */
  readonly qkScale?: number | null | undefined
  /** Whether queries and keys are normalised, each head by itself. */
  readonly qkNorm?: boolean | undefined
  /** Whether the merged heads are normalised before the projection (timm's `scale_norm`). */
  readonly scaleNorm?: boolean | undefined
  readonly projBias?: boolean | undefined
  /** Whether merged heads are projected; vit-pytorch leaves it out for one head as wide as the token. */
  readonly proj?: boolean | undefined
  /** Dropout of the attention weights. */
  readonly attnDrop?: number | undefined
  /** Dropout of the result. */
  readonly projDrop?: number | undefined
  /** The norm of `qkNorm` and `scaleNorm`. */
  readonly normLayer?: NormLayer | undefined
  /** Of these norms. */
  readonly eps?: number | undefined
  /** What turns queries and keys, [b, h, n, d], by their positions; nothing if not given. */
  readonly rope?: Module | undefined
  /** What is added to the scores by the distance of query and key on a grid; nothing if not given. */
  readonly relPos?: RelativePositionOptions | undefined
  /** How the linear map of queries, keys and values is drawn. */
  readonly init?: LayerInit | undefined
  /** How the output projection is drawn; as `init` if not given. */
  readonly projInit?: LayerInit | undefined
}

export const attentionOptions: Kinds<AttentionOptions> = {
  ...each(kind.length, 'numHeads', 'headDim'),
  qkScale: orNull(kind.number),
  eps: kind.number,
  ...each(kind.flag, 'qkvBias', 'qkNorm', 'scaleNorm', 'proj', 'projBias'),
  ...each(kind.share, 'attnDrop', 'projDrop'),
  normLayer: kind.norm,
  rope: kind.module,
  relPos: nested(relativePositionOptions),
  ...each(kind.init, 'init', 'projInit'),
}

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
    expectOptions(this, options, attentionOptions)
    const { numHeads = 8, qkvBias = false, projBias = true, normLayer = 'layernorm', eps = 1e-6 } = options
    expectWhole(this, { dim, numHeads })
    const headDim = options.headDim ?? dim / numHeads
    expectOption(
      this,
      Number.isInteger(headDim),
      `numHeads does not divide dim — got ${numHeads} heads of dim ${dim}`,
    )
    const inner = numHeads * headDim
    const { init, projInit = init, proj: project = true } = options
    this.numHeads = numHeads
    this.scale = options.qkScale || headDim ** -0.5
    this.qkv = new Linear(dim, 3 * inner, { bias: qkvBias, init })
    this.qNorm = options.qkNorm ? makeNorm(normLayer, headDim, { eps }) : new Identity()
    this.kNorm = options.qkNorm ? makeNorm(normLayer, headDim, { eps }) : new Identity()
    this.rope = options.rope ?? new Identity()
    this.relPos = options.relPos ? makeRelativePositions(numHeads, options.relPos) : null
    this.attnDrop = new Dropout({ p: options.attnDrop ?? 0 })
    this.norm = options.scaleNorm ? makeNorm(normLayer, inner, { eps }) : new Identity()
    expectOption(
      this,
      project || inner === dim,
      `without a projection the merged heads must be as wide as a token — got ${inner}, expected ${dim}`,
    )
    this.proj = project ? new Linear(inner, dim, { bias: projBias, init: projInit }) : new Identity()
    this.projDrop = new Dropout({ p: options.projDrop ?? 0 })
  }

  override compute(x: Value): Value {
    expectRank(this, x, '[b, n, d]')
    expectLength(this, x, 2, this.qkv.inFeatures, 'dim')
    const [first, second, v] = this.#heads(this.qkv.compute(x)) // each [b, h, n, d]
    const q = this.rope.compute(this.qNorm.compute(first))
    const k = this.rope.compute(this.kNorm.compute(second))
    const { scale, attnDrop } = this
    const output = attendHeads(this, [q, k, v], { scale, attnDrop, bias: this.relPos?.bias() })
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
