/** The options of `VisionTransformer`: timm's, in camelCase, and those that make vit-pytorch's and Hugging Face's models of it. */

import { expectOption } from '../nn/check.ts'
import { encoderOptions } from '../nn/encoder.ts'
import type { Module } from '../nn/module.ts'
import { type Kind, kind, nested, type OptionsOf, oneOf, or, orNull, pick, type Read } from '../nn/options.ts'
import { projections } from '../nn/patch-embed.ts'
import { rotaryOptions } from '../nn/rotary.ts'
import { globalPools } from './pooling.ts'
import { weightInits } from './vit-init.ts'

const rotaryPositions = {
  ...pick(rotaryOptions, 'temperature', 'referenceGrid', 'gridOffset', 'gridIndexing'),
  ...pick(rotaryOptions, 'normalizeCoords', 'rotateHalf'),
  mixed: kind.flag,
}

/** Rotary positions of a model: those of `RotaryPositions2d`, or learned ones that turn by row and column at once, for each block and head. */
export interface RotaryPositions extends OptionsOf<typeof rotaryPositions> {}

const rotary: Kind<boolean | RotaryPositions> = {
  expected: `true or false or ${nested(rotaryPositions).expected}`,
  has: (value) => kind.flag.has(value) || nested(rotaryPositions).has(value),
}

export const visionTransformerOptions = {
  imgSize: or(kind.sides, 224),
  patchSize: or(kind.sides, 16),
  inChans: or(kind.length, 3),
  /** The number of classes; 0 for no head; 1000 if not given. */
  numClasses: or(kind.count, 1000),
  /** How tokens become one: the class token, a mean, a maximum, both, by attention, or (`''`) not at all; `'token'` if not given. */
  globalPool: or(oneOf(globalPools), 'token'),
  embedDim: or(kind.length, 768),
  depth: or(kind.count, 12),
  numHeads: or(kind.length, 12),
  qkvBias: or(kind.flag, true),
  ...pick(encoderOptions, 'headDim', 'mlpRatio', 'hiddenFeatures', 'qkNorm', 'scaleAttnNorm', 'scaleMlpNorm'),
  ...pick(encoderOptions, 'projBias', 'attnProjBias', 'attnProj', 'initValues', 'mlpLayer', 'attnLayer'),
  ...pick(encoderOptions, 'normLayer', 'eps', 'blockFn', 'finalNorm'),
  classToken: or(kind.flag, true),
  /** Whether a second token and head, trained on a teacher's answers, answer too (DeiT, Touvron et al., arXiv:2012.12877): logits are the mean of both; false if not given. */
  distilled: or(kind.flag, false),
  /** The number of register tokens (Darcet et al., arXiv:2309.16588); 0 if not given. */
  regTokens: or(kind.count, 0),
  /** Learned positions, fixed ones of sines and cosines, or none; `'learn'` if not given. */
  posEmbed: or(oneOf(['learn', 'sincos', 'none', '']), 'learn'),
  /** Whether queries and keys are turned by their places in the grid, also or (`posEmbed: 'none'`) instead; false if not given. */
  rotary: or(rotary, false),
  /** Whether the scores of attention depend on how far query and key are from each other: by a table (BEiT) or by an MLP of this width (timm's relative positions). */
  relPos: oneOf(['bias', 'mlp']),
  relPosDim: kind.length,
  /** Whether class and register tokens have no positions; false if not given. */
  noEmbedClass: or(kind.flag, false),
  /** Whether there is a norm before the blocks; the patch projection then has no bias; false if not given. */
  preNorm: or(kind.flag, false),
  /** Whether there is a norm at the end (`finalNorm`), before or (`fcNorm`) after pooling. */
  fcNorm: orNull(kind.flag),
  /** Whether the mean or maximum is also over class and register tokens; false if not given. */
  poolIncludePrefix: or(kind.flag, false),
  /** Heads of the pooling by attention; as many as the blocks' if not given. */
  attnPoolNumHeads: kind.length,
  /** Width of its MLP; as the blocks' if not given. */
  attnPoolMlpRatio: kind.number,
  /** Whether images of other sizes are taken, with positions resampled; false if not given. */
  dynamicImgSize: or(kind.flag, false),
  /** Whether resampling is antialiased, as timm's is; Hugging Face's DINOv2 without registers does without; true if not given. */
  posAntialias: or(kind.flag, true),
  /** The filter; SigLIP 2's of flexible sizes is `'bilinear'`; `'bicubic'` if not given. */
  posInterpolation: or(oneOf(['bilinear', 'bicubic']), 'bicubic'),
  dynamicImgPad: or(kind.flag, false),
  projection: or(oneOf(projections), 'conv'),
  /** Zeros around the image: its patches begin so far above and left of it (ViTPose); 0 if not given. */
  patchPadding: or(kind.count, 0),
  /** Whether patches are normalised before the projection (vit-pytorch); false if not given. */
  patchNorm: or(kind.flag, false),
  /** A norm of tokens after the projection. */
  embedNormLayer: or(orNull(kind.norm), null),
  /** Dropout before the head; 0 if not given. */
  dropRate: or(kind.share, 0),
  /** Dropout of the tokens with positions; 0 if not given. */
  posDropRate: or(kind.share, 0),
  /** The share of patches that are left out in training mode (Li et al., arXiv:2212.00794); 0 if not given. */
  patchDropRate: or(kind.share, 0),
  /** Dropout in the blocks; 0 if not given. */
  projDropRate: or(kind.share, 0),
  /** Dropout of attention weights; 0 if not given. */
  attnDropRate: or(kind.share, 0),
  /** Probability of the last block to be passed by; the first ones' grow up to it; 0 if not given. */
  dropPathRate: or(kind.share, 0),
  /** The activation of the MLPs. */
  actLayer: encoderOptions.activation,
  /** How new parameters are drawn; timm's own rule (`''`): normal, deviation 0.02, biases 0; `''` if not given. */
  weightInit: or(oneOf(weightInits), ''),
  /** Whether the last map of each branch is drawn smaller, by √(2 · block), as BEiT does; false if not given. */
  fixInit: or(kind.flag, false),
  /** How linear maps are drawn, in place of `weightInit`. */
  init: kind.init,
}

export interface VisionTransformerOptions extends OptionsOf<typeof visionTransformerOptions> {}

/**
 * Checks options that have to go together.
 *
 * @throws {EinopsError} for the first that contradict each other
 */
export function expectCompatible(layer: Module, options: Read<typeof visionTransformerOptions>): void {
  const { classToken, globalPool, distilled, dynamicImgSize } = options
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
    !(options.rotary || options.relPos) || !/Parallel\w*Scaling/.test(options.blockFn),
    `blocks of kind ${options.blockFn} have neither rotary nor relative positions`,
  )
}
