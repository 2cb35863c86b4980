/** The options of `VisionTransformer`: timm's, in camelCase, and those that make vit-pytorch's and Hugging Face's models of it. */

import { blockFns, type EncoderOptions } from '../nn/encoder.ts'
import { mlpLayers } from '../nn/gated-mlp.ts'
import type { LayerInit } from '../nn/init.ts'
import type { NormLayer } from '../nn/norm.ts'
import { each, type Kinds, kind, oneOf, orNull } from '../nn/options.ts'
import { type Projection, projections } from '../nn/patch-embed.ts'
import type { RotaryOptions } from '../nn/rotary.ts'
import { mistakeIn } from '../ops/kinds.ts'
import type { Activation } from '../steps/map.ts'
import { type GlobalPool, globalPools } from './pooling.ts'
import { type WeightInit, weightInits } from './vit-init.ts'

type Pair = number | readonly [number, number]

const posEmbeds = ['learn', 'sincos', 'none', ''] as const

export interface VisionTransformerOptions
  extends Omit<
    EncoderOptions,
    | 'depth'
    | 'numHeads'
    | 'normFirst'
    | 'activation'
    | 'drop'
    | 'attnDrop'
    | 'dropPath'
    | 'init'
    | 'qkvInit'
    | 'projInit'
    | 'rope'
  > {
  readonly imgSize?: Pair | undefined
  readonly patchSize?: Pair | undefined
  readonly inChans?: number | undefined
  /** The number of classes; 0 for no head. */
  readonly numClasses?: number | undefined
  /** How tokens become one: the class token, a mean, a maximum, both, by attention, or (`''`) not at all. */
  readonly globalPool?: GlobalPool | undefined
  readonly embedDim?: number | undefined
  readonly depth?: number | undefined
  readonly numHeads?: number | undefined
  readonly classToken?: boolean | undefined
  /** The number of register tokens (Darcet et al., arXiv:2309.16588). */
  readonly regTokens?: number | undefined
  /** Learned positions, fixed ones of sines and cosines, or none. */
  readonly posEmbed?: (typeof posEmbeds)[number] | undefined
  /** Whether queries and keys are turned by their places in the grid, also or (`posEmbed: 'none'`) instead. */
  readonly rotary?: boolean | Omit<RotaryOptions, 'grid' | 'headDim' | 'numPrefixTokens'> | undefined
  /** Whether class and register tokens have no positions. */
  readonly noEmbedClass?: boolean | undefined
  /** Whether there is a norm before the blocks; the patch projection then has no bias. */
  readonly preNorm?: boolean | undefined
  /** Whether there is a norm at the end (`finalNorm`), before or (`fcNorm`) after pooling. */
  readonly fcNorm?: boolean | null | undefined
  /** Whether the mean or maximum is also over class and register tokens. */
  readonly poolIncludePrefix?: boolean | undefined
  /** Whether images of other sizes are taken, with positions resampled. */
  readonly dynamicImgSize?: boolean | undefined
  /** Whether resampling is antialiased, as timm's is; Hugging Face's DINOv2 without registers does without. True if not given. */
  readonly posAntialias?: boolean | undefined
  readonly dynamicImgPad?: boolean | undefined
  readonly projection?: Projection | undefined
  /** Whether patches are normalised before the projection (vit-pytorch). */
  readonly patchNorm?: boolean | undefined
  /** A norm of tokens after the projection; none if not given. */
  readonly embedNormLayer?: NormLayer | null | undefined
  /** Dropout before the head, of the tokens with positions, in the blocks, and of attention weights. */
  readonly dropRate?: number | undefined
  readonly posDropRate?: number | undefined
  /** The share of patches that are left out in training mode (Li et al., arXiv:2212.00794). */
  readonly patchDropRate?: number | undefined
  readonly projDropRate?: number | undefined
  readonly attnDropRate?: number | undefined
  /** Probability of the last block to be passed by; the first ones' grow up to it. */
  readonly dropPathRate?: number | undefined
  /** The activation of the MLPs; `'gelu'` if not given. */
  readonly actLayer?: Activation | undefined
  /** How new parameters are drawn; timm's own rule if not given: normal, deviation 0.02, biases 0. */
  readonly weightInit?: WeightInit | undefined
  /** Whether the last map of each branch is drawn smaller, by √(2 · block), as BEiT does. */
  readonly fixInit?: boolean | undefined
  /** How linear maps are drawn, in place of `weightInit`. */
  readonly init?: LayerInit | undefined
}

const rotaryOptions: Kinds<Omit<RotaryOptions, 'grid' | 'headDim' | 'numPrefixTokens'>> = {
  ...each(kind.number, 'temperature', 'gridOffset'),
  referenceGrid: kind.sides,
  rotateHalf: kind.flag,
}

export const visionTransformerOptions: Kinds<VisionTransformerOptions> = {
  ...each(kind.sides, 'imgSize', 'patchSize'),
  ...each(kind.length, 'inChans', 'embedDim', 'numHeads', 'headDim', 'hiddenFeatures'),
  ...each(kind.count, 'numClasses', 'depth', 'regTokens'),
  ...each(kind.number, 'mlpRatio', 'eps'),
  initValues: orNull(kind.number),
  ...each(kind.flag, 'classToken', 'noEmbedClass', 'poolIncludePrefix', 'dynamicImgSize', 'dynamicImgPad'),
  posAntialias: kind.flag,
  ...each(
    kind.flag,
    'patchNorm',
    'preNorm',
    'fcNorm',
    'finalNorm',
    'scaleAttnNorm',
    'scaleMlpNorm',
    'qkNorm',
  ),
  ...each(kind.flag, 'qkvBias', 'projBias', 'attnProjBias', 'attnProj', 'fixInit'),
  ...each(
    kind.share,
    'dropRate',
    'posDropRate',
    'patchDropRate',
    'projDropRate',
    'attnDropRate',
    'dropPathRate',
  ),
  normLayer: kind.norm,
  embedNormLayer: orNull(kind.norm),
  fcNorm: orNull(kind.flag),
  globalPool: oneOf(globalPools),
  posEmbed: oneOf(posEmbeds),
  projection: oneOf(projections),
  actLayer: kind.activation,
  mlpLayer: oneOf(mlpLayers),
  blockFn: oneOf(blockFns),
  rotary: {
    expected: `true or false or an object of ${Object.keys(rotaryOptions).join(', ')}`,
    has: (value) => kind.flag.has(value) || mistakeIn(value, rotaryOptions) === undefined,
  },
  weightInit: oneOf(weightInits),
  init: kind.init,
}
