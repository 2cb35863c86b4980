/**
 * One block of a Transformer encoder: attention between tokens, then an MLP on each, both on residual paths (Vaswani et
 * al., arXiv:1706.03762; norms first as in Dosovitskiy et al., arXiv:2010.11929). Options are those of timm's `Block`.
 */

import type { Activation } from '../steps/map.ts'
import type { Value } from '../steps/value.ts'
import { add, multiply } from '../steps/zip.ts'
import { Attention } from './attention.ts'
import { expectWhole } from './check.ts'
import { DiffAttention } from './diff-attention.ts'
import { DropPath } from './dropout.ts'
import { type AnyMlp, type MlpLayer, makeMlp, mlpLayers } from './gated-mlp.ts'
import { constant, type LayerInit, newParameter } from './init.ts'
import { Module } from './module.ts'
import { makeNorm, type NormLayer } from './norm.ts'
import { each, expectOptions, type Kinds, kind, needed, oneOf, orNull } from './options.ts'
import type { Parameter } from './parameter.ts'
import type { RelativePositionOptions } from './relative-positions.ts'
import { Identity } from './sequential.ts'

export interface EncoderBlockOptions {
  readonly numHeads: number
  /** Width of a head; dim / numHeads if not given. */
  readonly headDim?: number | undefined
  /** Width of the MLP in multiples of `dim`; 4 if not given. */
  readonly mlpRatio?: number | undefined
  /** Width of the MLP, where no multiple of `dim` says it. */
  readonly hiddenFeatures?: number | undefined
  readonly qkvBias?: boolean | undefined
  readonly qkNorm?: boolean | undefined
  /** Whether there is a norm before the projection of the attention, and before the second map of the MLP. */
  readonly scaleAttnNorm?: boolean | undefined
  readonly scaleMlpNorm?: boolean | undefined
  /** Whether the attention's output projection and the MLP have biases. */
  readonly projBias?: boolean | undefined
  /** Whether the attention's output projection has one; as `projBias` if not given. */
  readonly attnProjBias?: boolean | undefined
  /** Whether the attention has an output projection at all; true if not given. */
  readonly attnProj?: boolean | undefined
  /** Initial value of the factors on the residual paths (layer scale); none if not given, or 0, as in timm. */
  readonly initValues?: number | null | undefined
  /** Norms before attention and MLP; `false` puts them after the sums, as the first Transformer had them. */
  readonly normFirst?: boolean | undefined
  readonly activation?: Activation | undefined
  /** Which MLP, by timm's class names; `'Mlp'` if not given. */
  readonly mlpLayer?: MlpLayer | undefined
  /** Dropout of what attention and MLP give. */
  readonly drop?: number | undefined
  /** Dropout of the attention weights. */
  readonly attnDrop?: number | undefined
  /** Probability that a sample passes a residual path by. */
  readonly dropPath?: number | undefined
  /** Which attention; `'diff'` is differential. */
  readonly attnLayer?: 'attn' | 'diff' | undefined
  /** Which block of the model this is, from 0: differential attention begins with another λ in each. */
  readonly blockIndex?: number | undefined
  /** What turns queries and keys by their positions. */
  readonly rope?: Module | undefined
  /** What is added to the scores by the distance of query and key. */
  readonly relPos?: RelativePositionOptions | undefined
  readonly normLayer?: NormLayer | undefined
  /** Added to the variance in the norms; 1e-6 if not given, as in timm. */
  readonly eps?: number | undefined
  /** How linear maps are drawn. */
  readonly init?: LayerInit | undefined
  /** How the attention's two linear maps are drawn; as `init` if not given. */
  readonly qkvInit?: LayerInit | undefined
  readonly projInit?: LayerInit | undefined
}

export const encoderBlockOptions: Kinds<EncoderBlockOptions> = {
  numHeads: needed(kind.length),
  ...each(kind.length, 'headDim', 'hiddenFeatures'),
  ...each(kind.number, 'mlpRatio', 'eps'),
  initValues: orNull(kind.number),
  ...each(kind.flag, 'qkvBias', 'qkNorm', 'scaleAttnNorm', 'scaleMlpNorm', 'normFirst'),
  ...each(kind.flag, 'projBias', 'attnProjBias', 'attnProj'),
  ...each(kind.share, 'drop', 'attnDrop', 'dropPath'),
  activation: kind.activation,
  mlpLayer: oneOf(mlpLayers),
  attnLayer: oneOf(['attn', 'diff']),
  blockIndex: kind.count,
  rope: kind.module,
  relPos: kind.anything, // the attention checks it
  normLayer: kind.norm,
  ...each(kind.init, 'init', 'qkvInit', 'projInit'),
}

/**
 * Attention and MLP on residual paths: [b, n, dim] → [b, n, dim].
 *
 * @param dim width of a token
 * @throws {EinopsError} when `numHeads` does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const block = new EncoderBlock(192, { numHeads: 3, qkvBias: true })
 * block.forward(ndarray(new Float32Array(5 * 192), [1, 5, 192])).shape // → [1, 5, 192]
 */
export class EncoderBlock extends Module {
  readonly norm1: Module
  readonly attn: Attention | DiffAttention
  readonly ls1: Module
  readonly dropPath1: DropPath
  readonly norm2: Module
  readonly mlp: AnyMlp
  readonly ls2: Module
  readonly dropPath2: DropPath
  readonly normFirst: boolean

  constructor(dim: number, options: EncoderBlockOptions) {
    super()
    expectOptions(this, options, encoderBlockOptions)
    const { mlpRatio = 4, normFirst = true, drop = 0, dropPath = 0, eps = 1e-6 } = options
    const { normLayer = 'layernorm', mlpLayer = 'Mlp', initValues, projBias, activation } = options
    const { init, qkvInit = init, projInit = init } = options
    const scale = () => (initValues ? new LayerScale(dim, { initValues }) : new Identity())
    this.normFirst = normFirst
    this.norm1 = makeNorm(normLayer, dim, { eps })
    const { numHeads, qkvBias, qkNorm, scaleAttnNorm: scaleNorm, attnDrop, headDim, rope, relPos } = options
    const common = {
      ...{ numHeads, qkvBias, qkNorm, scaleNorm, attnDrop, normLayer, eps },
      ...{ projBias: options.attnProjBias ?? projBias, projDrop: drop, init: qkvInit, projInit },
    }
    this.attn =
      options.attnLayer === 'diff'
        ? new DiffAttention(dim, { ...common, depth: options.blockIndex })
        : new Attention(dim, { ...common, headDim, proj: options.attnProj, rope, relPos })
    this.ls1 = scale()
    this.dropPath1 = new DropPath({ p: dropPath })
    this.norm2 = makeNorm(normLayer, dim, { eps })
    const hiddenFeatures = options.hiddenFeatures ?? Math.floor(dim * mlpRatio)
    const norm = options.scaleMlpNorm ? normLayer : undefined
    this.mlp = makeMlp(mlpLayer, dim, { hiddenFeatures, activation, bias: projBias, norm, drop, eps, init })
    this.ls2 = scale()
    this.dropPath2 = new DropPath({ p: dropPath })
  }

  override compute(x: Value): Value {
    if (this.normFirst) {
      const y = add(x, this.attended(this.norm1.compute(x)))
      return add(y, this.fed(this.norm2.compute(y)))
    }
    const y = this.norm1.compute(add(x, this.attended(x)))
    return this.norm2.compute(add(y, this.fed(y)))
  }

  /** What attention adds, of tokens that are normalised already. @internal */
  attended(x: Value): Value {
    return this.dropPath1.compute(this.ls1.compute(this.attn.compute(x)))
  }

  /** What the MLP adds, of tokens that are normalised already. @internal */
  fed(x: Value): Value {
    return this.dropPath2.compute(this.ls2.compute(this.mlp.compute(x)))
  }
}

/**
 * A learned factor for each feature (Touvron et al., arXiv:2103.17239).
 *
 * @example
 * const scale = new LayerScale(2, { initValues: 0.5 })
 * scale.forward(ndarray(new Float32Array([2, 4]), [1, 2])).get(0, 1) // → 2
 */
export class LayerScale extends Module {
  readonly gamma: Parameter

  constructor(dim: number, options: { readonly initValues?: number | undefined } = {}) {
    super()
    expectOptions(this, options, { initValues: kind.number })
    expectWhole(this, { dim }, 0)
    this.gamma = newParameter([dim], constant(options.initValues ?? 1e-5))
  }

  override compute(x: Value): Value {
    return multiply(x, this.gamma)
  }
}
