/** The options of `VisionTransformer`: timm's, in camelCase, and those that make vit-pytorch's and Hugging Face's models of it. */

import { expectOption } from '../nn/check.ts'
import { blockFns, type EncoderOptions } from '../nn/encoder.ts'
import { mlpLayers } from '../nn/gated-mlp.ts'
import type { LayerInit } from '../nn/init.ts'
import type { Module } from '../nn/module.ts'
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

/** Rotary positions of a model: those of `RotaryPositions2d`, or learned ones that turn by row and column at once, for each block and head. */
export type RotaryPositions = Omit<RotaryOptions, 'grid' | 'headDim' | 'numPrefixTokens'> & {
  readonly mixed?: boolean | undefined
}

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
    | 'blockIndex'
    | 'relPos'
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
  /** Whether a second token and head, trained on a teacher's answers, answer too (DeiT, Touvron et al., arXiv:2012.12877): logits are the mean of both. */
  readonly distilled?: boolean | undefined
  /** The number of register tokens (Darcet et al., arXiv:2309.16588). */
  readonly regTokens?: number | undefined
  /** Learned positions, fixed ones of sines and cosines, or none. */
  readonly posEmbed?: (typeof posEmbeds)[number] | undefined
  /** Whether queries and keys are turned by their places in the grid, also or (`posEmbed: 'none'`) instead. */
  readonly rotary?: boolean | RotaryPositions | undefined
  /** Whether the scores of attention depend on how far query and key are from each other: by a table (BEiT) or by an MLP of this width (timm's relative positions). */
  readonly relPos?: 'bias' | 'mlp' | undefined
  readonly relPosDim?: number | undefined
  /** Whether class and register tokens have no positions. */
  readonly noEmbedClass?: boolean | undefined
  /** Whether there is a norm before the blocks; the patch projection then has no bias. */
  readonly preNorm?: boolean | undefined
  /** Whether there is a norm at the end (`finalNorm`), before or (`fcNorm`) after pooling. */
  readonly fcNorm?: boolean | null | undefined
  /** Whether the mean or maximum is also over class and register tokens. */
  readonly poolIncludePrefix?: boolean | undefined
  /** Heads and MLP of the pooling by attention; as the blocks' if not given. */
  readonly attnPoolNumHeads?: number | undefined
  readonly attnPoolMlpRatio?: number | undefined
  /** Whether images of other sizes are taken, with positions resampled. */
  readonly dynamicImgSize?: boolean | undefined
  /** Whether resampling is antialiased, as timm's is; Hugging Face's DINOv2 without registers does without. True if not given. */
  readonly posAntialias?: boolean | undefined
  /** The filter; `'bicubic'` if not given, SigLIP 2's of flexible sizes is `'bilinear'`. */
  readonly posInterpolation?: 'bilinear' | 'bicubic' | undefined
  readonly dynamicImgPad?: boolean | undefined
  readonly projection?: Projection | undefined
  /** Zeros around the image: its patches begin so far above and left of it (ViTPose); 0 if not given. */
  readonly patchPadding?: number | undefined
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

const rotaryOptions: Kinds<RotaryPositions> = {
  ...each(kind.number, 'temperature', 'gridOffset'),
  mixed: kind.flag,
  gridIndexing: oneOf(['ij', 'xy']),
  normalizeCoords: kind.flag,
  referenceGrid: kind.sides,
  rotateHalf: kind.flag,
}

export const visionTransformerOptions: Kinds<VisionTransformerOptions> = {
  ...each(kind.sides, 'imgSize', 'patchSize'),
  ...each(
    kind.length,
    'inChans',
    'embedDim',
    'numHeads',
    'headDim',
    'hiddenFeatures',
    'attnPoolNumHeads',
    'relPosDim',
  ),
  ...each(kind.count, 'numClasses', 'depth', 'regTokens', 'patchPadding'),
  ...each(kind.number, 'mlpRatio', 'attnPoolMlpRatio', 'eps'),
  initValues: orNull(kind.number),
  ...each(
    kind.flag,
    'classToken',
    'distilled',
    'noEmbedClass',
    'poolIncludePrefix',
    'dynamicImgSize',
    'dynamicImgPad',
  ),
  posAntialias: kind.flag,
  posInterpolation: oneOf(['bilinear', 'bicubic']),
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
  attnLayer: oneOf(['attn', 'diff']),
  relPos: oneOf(['bias', 'mlp']),
  blockFn: oneOf(blockFns),
  rotary: {
    expected: `true or false or an object of ${Object.keys(rotaryOptions).join(', ')}`,
    has: (value) => kind.flag.has(value) || mistakeIn(value, rotaryOptions) === undefined,
  },
  weightInit: oneOf(weightInits),
  init: kind.init,
}

/**
 * Checks options that have to go together.
 *
 * @throws {EinopsError} for the first that contradict each other
 */
export function expectCompatible(layer: Module, options: VisionTransformerOptions): void {
  const { classToken = true, globalPool = 'token', distilled = false, dynamicImgSize = false } = options
  expectOption(
    layer,
    classToken || !globalPool.startsWith('token'),
    `globalPool '${globalPool}' is for models with a class token`,
  )
  expectOption(
    layer,
    !distilled || (classToken && globalPool === 'token'),
    "distilled models have a class token and globalPool 'token'",
  )
  expectOption(
    layer,
    !(options.rotary || options.relPos) || !options.patchDropRate,
    'rotary and relative positions are those of a whole grid — got a patchDropRate as well',
  )
  expectOption(
    layer,
    !options.relPos || !dynamicImgSize,
    'relative positions are those of one grid — got dynamicImgSize as well',
  )
  expectOption(
    layer,
    !(options.rotary || options.relPos) || !/Parallel\w*Scaling/.test(options.blockFn ?? ''),
    `blocks of kind ${options.blockFn} have neither rotary nor relative positions`,
  )
}
