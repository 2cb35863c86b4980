/**
 * One block of a Transformer encoder: attention between tokens, then an MLP on each, both on residual paths (Vaswani et
 * al., arXiv:1706.03762; norms first as in Dosovitskiy et al., arXiv:2010.11929). Options are those of timm's `Block`.
 */

import type { Value } from '../steps/value.ts'
import { Attention } from './attention.ts'
import { addTo } from './check.ts'
import { DiffAttention } from './diff-attention.ts'
import { DropPath } from './dropout.ts'
import { firstOf, isAsMade, isOfTokens } from './first-tokens.ts'
import { type AnyMlp, makeMlp, mlpLayers } from './gated-mlp.ts'
import { LayerScale } from './layer-scale.ts'
import { mlpOptions } from './mlp.ts'
import { Module } from './module.ts'
import { makeNorm, normOptions } from './norm.ts'
import { type Kind, kind, needed, type OptionsOf, oneOf, or, orNull, readOptions } from './options.ts'
import type { RelativePositionOptions } from './relative-positions.ts'
import { Identity } from './sequential.ts'

export const encoderBlockOptions = {
  numHeads: needed(kind.length),
  /** Width of a head; dim / numHeads if not given. */
  headDim: kind.length,
  /** Width of the MLP in multiples of `dim`; 4 if not given. */
  mlpRatio: or(kind.number, 4),
  /** Width of the MLP, where no multiple of `dim` says it. */
  hiddenFeatures: kind.length,
  qkvBias: or(kind.flag, false),
  qkNorm: or(kind.flag, false),
  /** Whether there is a norm before the projection of the attention; false if not given. */
  scaleAttnNorm: or(kind.flag, false),
  /** Whether there is a norm before the second map of the MLP; false if not given. */
  scaleMlpNorm: or(kind.flag, false),
  /** Whether the attention's output projection and the MLP have biases; true if not given. */
  projBias: or(kind.flag, true),
  /** Whether the attention's output projection has one; as `projBias` if not given. */
  attnProjBias: kind.flag,
  /** Whether the attention has an output projection at all; true if not given. */
  attnProj: or(kind.flag, true),
  /** Initial value of the factors on the residual paths (layer scale); none if not given, or 0, as in timm. */
  initValues: or(orNull(kind.number), null),
  /** Norms before attention and MLP; `false` puts them after the sums, as the first Transformer had them; true if not given. */
  normFirst: or(kind.flag, true),
  activation: mlpOptions.activation,
  /** Which MLP, by timm's class names; `'Mlp'` if not given. */
  mlpLayer: or(oneOf(mlpLayers), 'Mlp'),
  /** Dropout of what attention and MLP give; 0 if not given. */
  drop: or(kind.share, 0),
  /** Dropout of the attention weights; 0 if not given. */
  attnDrop: or(kind.share, 0),
  /** Probability that a sample passes a residual path by; 0 if not given. */
  dropPath: or(kind.share, 0),
  /** Which attention; `'diff'` is differential; `'attn'` if not given. */
  attnLayer: or(oneOf(['attn', 'diff']), 'attn'),
  /** Which block of the model this is, from 0: differential attention begins with another λ in each; 0 if not given. */
  blockIndex: or(kind.count, 0),
  /** What turns queries and keys by their positions. */
  rope: kind.module,
  /** What is added to the scores by the distance of query and key. */
  relPos: kind.anything as Kind<RelativePositionOptions>, // the attention checks it
  ...normOptions,
  /** How linear maps are drawn. */
  init: kind.init,
  /** How the attention's first linear map is drawn; as `init` if not given. */
  qkvInit: kind.init,
  /** How its second is drawn; as `init` if not given. */
  projInit: kind.init,
}

const attentions = new Set<unknown>([Attention, DiffAttention])

export interface EncoderBlockOptions extends OptionsOf<typeof encoderBlockOptions> {}

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
    const read = readOptions(this, options, encoderBlockOptions)
    const { numHeads, qkvBias, qkNorm, projBias, normFirst, drop, attnDrop, dropPath, initValues } = read
    const { headDim, rope, relPos, normLayer, eps, activation, mlpLayer } = read
    const { init, qkvInit = init, projInit = init } = read
    const scale = () => (initValues ? new LayerScale(dim, { initValues }) : new Identity())
    this.normFirst = normFirst
    this.norm1 = makeNorm(normLayer, dim, { eps })
    const common = {
      ...{ numHeads, qkvBias, qkNorm, scaleNorm: read.scaleAttnNorm, attnDrop, normLayer, eps },
      ...{ projBias: read.attnProjBias ?? projBias, projDrop: drop, init: qkvInit, projInit },
    }
    this.attn =
      read.attnLayer === 'diff'
        ? new DiffAttention(dim, { ...common, depth: read.blockIndex })
        : new Attention(dim, { ...common, headDim, proj: read.attnProj, rope, relPos })
    this.ls1 = scale()
    this.dropPath1 = new DropPath({ p: dropPath })
    this.norm2 = makeNorm(normLayer, dim, { eps })
    const { hiddenFeatures = Math.floor(dim * read.mlpRatio) } = read
    const norm = read.scaleMlpNorm ? normLayer : undefined
    this.mlp = makeMlp(mlpLayer, dim, { hiddenFeatures, activation, bias: projBias, norm, drop, eps, init })
    this.ls2 = scale()
    this.dropPath2 = new DropPath({ p: dropPath })
  }

  /** `asked`: how many of the first tokens anybody wants to know of; all if not given. */
  override compute(x: Value, asked?: number): Value {
    if (this.normFirst) {
      const y = addTo(firstOf(x, asked), this.attended(this.norm1.compute(x), asked), this)
      return addTo(y, this.fed(this.norm2.compute(y)), this)
    }
    const y = this.norm1.compute(addTo(firstOf(x, asked), this.attended(x, asked), this))
    return this.norm2.compute(addTo(y, this.fed(y), this))
  }

  /** What attention adds, of tokens that are normalised already. @internal */
  attended(x: Value, asked?: number): Value {
    return this.dropPath1.compute(this.ls1.compute(this.attn.compute(x, asked)))
  }

  /** Whether of each token its own part is enough after it has looked at the others, and nobody watches. @internal */
  get canLeaveOut(): boolean {
    const { attn, norm1, norm2, ls1, ls2, dropPath1, dropPath2, mlp } = this
    const after = [attn.norm, attn.proj, attn.projDrop, ls1, dropPath1, norm2, mlp, ls2, dropPath2]
    const own = EncoderBlock.prototype
    const isOwn = this.compute === own.compute && this.attended === own.attended && this.fed === own.fed
    if (!isOwn || !isAsMade(this) || !attentions.has(attn.constructor) || !isAsMade(attn)) return false
    return (this.normFirst || isOfTokens(norm1)) && after.every(isOfTokens)
  }

  /** What the MLP adds, of tokens that are normalised already. @internal */
  fed(x: Value): Value {
    return this.dropPath2.compute(this.ls2.compute(this.mlp.compute(x)))
  }
}
