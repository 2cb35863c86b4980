/**
 * The hyper-parameters of a checkpoint: every one that names and shapes determine is read off them. What they do not tell (the number of heads, eps, the image
 * size of fixed positions) follows the scheme's convention.
 */

import type { Described } from '../checkpoint/described.ts'
import { CheckpointError } from '../checkpoint/index.ts'
import type { Naming } from '../checkpoint/naming.ts'
import type { MlpLayer } from './gated-mlp.ts'
import type { VisionTransformerOptions } from './vision-transformer-options.ts'

/** Who complains. */
export const operation = 'VisionTransformer.fromCheckpoint'

/** The eps of each scheme's models, which shapes do not tell. */
const epsOf: Readonly<Record<Naming, number>> = {
  timm: 1e-6,
  huggingface: 1e-12,
  torchvision: 1e-6,
  torch: 1e-5,
  'vit-pytorch': 1e-5,
}

const HEAD_DIM = 64

/** Published models have 64 features a head, but for these widths, which have 16 heads: so400m, huge, giant and gigantic. */
export const widthsOf16Heads = [1152, 1280, 1408, 1664]

/** The options that names and shapes determine, or that the scheme's convention says. */
export function readOptions(
  parameters: ReadonlyMap<string, Described>,
  naming: Naming,
  overrides: VisionTransformerOptions,
): VisionTransformerOptions {
  const has = (name: string) => parameters.has(name)
  const shapeOf = (name: string) => parameters.get(name)?.shape
  const need: Shapes = (name) => shapeOf(name) ?? missing(name)
  const block = (name: string) => `blocks.0.${name}`

  const projection = need('patch_embed.proj.weight')
  const embedDim = projection[0]!
  const inChans = overrides.inChans ?? (projection.length === 4 ? projection[1]! : 3)
  const patchSize = overrides.patchSize ?? patchOf(projection, inChans)
  const [innerDim = 0] = need(block('attn.qkv.weight'))
  const heads = headsOf(innerDim / 3, headDimOf(parameters, naming), overrides)
  const isDino = naming === 'huggingface' && has(block('ls1.gamma'))
  const prefix = (has('cls_token') ? 1 : 0) + (shapeOf('reg_token')?.[1] ?? 0)
  return {
    ...{ embedDim, inChans, patchSize, projection: projection.length === 4 ? 'conv' : 'linear' },
    ...positionsOf(shapeOf('pos_embed')?.[1], { prefix, patchSize, naming, overrides }),
    // of Hugging Face's models, DINOv2 without registers resamples without it
    posAntialias: naming !== 'huggingface' || has('reg_token'),
    ...heads,
    depth: depthOf(parameters.keys()),
    ...mlpOf(parameters, need),
    numClasses: shapeOf('head.weight')?.[0] ?? 0,
    ...(naming === 'huggingface' && isClip(has) ? { actLayer: 'quick-gelu' } : {}),
    eps: isClip(has) ? 1e-5 : isDino ? 1e-6 : epsOf[naming],
    normLayer: normOf(block('norm1'), has) ?? 'layernorm',
    classToken: has('cls_token'),
    regTokens: shapeOf('reg_token')?.[1] ?? 0,
    globalPool: has('attn_pool.latent')
      ? 'map'
      : has('cls_token') && !has('fc_norm.weight')
        ? 'token'
        : 'avg',
    fcNorm: has('fc_norm.weight'),
    finalNorm: has('norm.weight') || has('fc_norm.weight'),
    preNorm: has('norm_pre.weight'),
    patchNorm: has('patch_embed.patch_norm.weight'),
    embedNormLayer: normOf('patch_embed.norm', has),
    qkvBias: has(block('attn.qkv.bias')),
    qkNorm: has(block('attn.q_norm.weight')),
    scaleAttnNorm: has(block('attn.norm.weight')),
    scaleMlpNorm: has(block('mlp.norm.weight')),
    projBias: has(block('mlp.fc2.bias')),
    attnProjBias: has(block('attn.proj.bias')),
    attnProj: has(block('attn.proj.weight')),
    initValues: has(block('ls1.gamma')) ? 1 : null,
  }
}

/** How many blocks there are, one after the other: a number far beyond them is none of the model's. */
function depthOf(names: Iterable<string>): number {
  const numbers = new Set([...names].map((name) => /^blocks\.(\d+)\./.exec(name)?.[1]))
  let depth = 0
  while (numbers.has(String(depth))) depth++
  return depth
}

/** CLIP's image towers have a norm before the blocks. */
function isClip(has: (name: string) => boolean): boolean {
  return has('norm_pre.weight')
}

/** An RMS norm has no bias. */
function normOf(name: string, has: (name: string) => boolean): 'layernorm' | 'rmsnorm' | null {
  if (has(`${name}.bias`)) return 'layernorm'
  return has(`${name}.weight`) ? 'rmsnorm' : null
}

/** The shape of a parameter that has to be there. */
type Shapes = (name: string) => readonly number[]

/** The width of a head where it is told: by the norm of queries, or since vit-pytorch projects merged heads unless there is one. */
export function headDimOf(parameters: ReadonlyMap<string, Described>, naming: Naming): number | undefined {
  const isOne = naming === 'vit-pytorch' && !parameters.has('blocks.0.attn.proj.weight')
  if (isOne) return (parameters.get('blocks.0.attn.qkv.weight')?.shape[0] ?? 0) / 3
  return parameters.get('blocks.0.attn.q_norm.weight')?.shape[0]
}

/** The kind of MLP: gated ones have two maps, or one of twice the width that the second takes. */
export function mlpLayerOf(parameters: ReadonlyMap<string, Described>): MlpLayer {
  if (parameters.has('blocks.0.mlp.fc1_g.weight')) return 'SwiGLU'
  const [width = 0] = parameters.get('blocks.0.mlp.fc1.weight')?.shape ?? []
  return parameters.get('blocks.0.mlp.fc2.weight')?.shape[1] === width / 2 ? 'SwiGLUPacked' : 'Mlp'
}

/** The kind of MLP, its activation and its width. */
function mlpOf(parameters: ReadonlyMap<string, Described>, shapeOf: Shapes): VisionTransformerOptions {
  const mlpLayer = mlpLayerOf(parameters)
  const [hiddenFeatures] = shapeOf(`blocks.0.mlp.${mlpLayer === 'SwiGLU' ? 'fc1_g' : 'fc1'}.weight`)
  return mlpLayer === 'Mlp' ? { hiddenFeatures } : { mlpLayer, actLayer: 'silu', hiddenFeatures }
}

/** Rows and columns of a patch: as the convolution has them, or a square with `inChans` channels. */
function patchOf(projection: readonly number[], inChans: number): readonly [number, number] {
  if (projection.length === 4) return [projection[2]!, projection[3]!]
  const side = Math.sqrt(projection[1]! / inChans)
  if (Number.isInteger(side)) return [side, side]
  throw new CheckpointError({
    operation,
    code: 'shape/patch',
    what: `a patch of ${projection[1]} elements is no square of ${inChans} channels; give the options patchSize and inChans`,
  })
}

/** The image size whose grid has the positions, and whether class and register tokens have some. */
function positionsOf(
  positions: number | undefined,
  model: {
    readonly prefix: number
    readonly patchSize: number | readonly [number, number]
    readonly naming: Naming
    readonly overrides: VisionTransformerOptions
  },
): VisionTransformerOptions {
  const { prefix, patchSize, naming, overrides } = model
  if (positions === undefined) {
    if (naming === 'vit-pytorch') return { posEmbed: 'sincos' } // SimpleViT
    if (overrides.posEmbed !== undefined) return {}
    throw new CheckpointError({
      operation,
      code: 'names/missing',
      what: "parameter 'pos_embed' is missing; give the option posEmbed, 'none' or 'sincos', where there are no learned positions",
    })
  }
  const [s1, s2] = typeof patchSize === 'number' ? [patchSize, patchSize] : patchSize
  const grid = Math.sqrt(positions - prefix)
  const bare = Math.sqrt(positions)
  const noEmbedClass = !Number.isInteger(grid) && Number.isInteger(bare)
  const side = noEmbedClass ? bare : grid
  // of a grid that is no square only the user knows the sides; loading says so with both numbers
  return Number.isInteger(side) ? { imgSize: [side * s1, side * s2], noEmbedClass } : { noEmbedClass }
}

/** The number of heads and their width: told by the norm of queries, or as published models of this width have it. */
function headsOf(
  inner: number,
  told: number | undefined,
  overrides: VisionTransformerOptions,
): { readonly numHeads: number; readonly headDim: number } {
  const usual = widthsOf16Heads.includes(inner) ? inner / 16 : HEAD_DIM
  const width = overrides.headDim ?? told ?? usual
  const numHeads = overrides.numHeads ?? inner / width
  if (Number.isInteger(numHeads) && Number.isInteger(inner / numHeads))
    return { numHeads, headDim: inner / numHeads }
  throw new CheckpointError({
    operation,
    code: 'shape/heads',
    what: overrides.numHeads
      ? `numHeads does not divide the attention's ${inner} features — got ${numHeads}`
      : `the number of heads is not to be seen: ${inner} features are no multiple of ${width}; give the option numHeads`,
  })
}

function missing(name: string): never {
  throw new CheckpointError({ operation, code: 'names/missing', what: `parameter '${name}' is missing` })
}
