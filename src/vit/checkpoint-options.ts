/**
 * The hyper-parameters of a checkpoint: every one that names and shapes determine is read off them. What they do not tell (the number of heads, eps, the image
 * size of fixed positions) follows the scheme's convention.
 */

import { CheckpointError } from '../checkpoint/error.ts'
import { pair } from '../nn/check.ts'
import type { BlockFn } from '../nn/encoder.ts'
import type { MlpLayer } from '../nn/gated-mlp.ts'
import type { Seen } from './families.ts'
import type { Naming } from './naming.ts'
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
  openai: 1e-5,
}

const HEAD_DIM = 64

/** Published models have 64 features a head, but for these widths, which have 16 heads: so400m, huge, giant, gigantic and enormous. */
export const widthsOf16Heads = [1152, 1280, 1408, 1664, 1792]

/** Where a block of each kind has what is looked at. */
interface Block {
  readonly fn: BlockFn
  readonly norm: string
  readonly attn: string
  readonly mlp: string
  readonly scale: string
}

const ordinary: Block = { fn: 'Block', norm: 'norm1', attn: 'attn.', mlp: 'mlp.', scale: 'ls1.gamma' }

/** The kind of block, by what its first one has. */
function blockOf({ has }: Seen): Block {
  if (has('blocks.0.attns.0.norm.weight')) {
    return {
      fn: 'ParallelThingsBlock',
      ...{ norm: 'attns.0.norm', attn: 'attns.0.attn.', mlp: 'ffns.0.mlp.', scale: 'attns.0.ls.gamma' },
    }
  }
  if (!has('blocks.0.in_proj.weight')) return ordinary
  const fn = has('blocks.0.lambda_q1') ? 'DiffParallelScalingBlock' : 'ParallelScalingBlock'
  return { fn, norm: 'in_norm', attn: '', mlp: '', scale: 'ls.gamma' }
}

/** The options that names and shapes determine, or that the scheme's convention says; `told` are those that are known otherwise. */
export function readOptions(
  seen: Seen,
  blocks: number,
  told: VisionTransformerOptions,
): VisionTransformerOptions {
  const { naming, has, shapeOf } = seen
  const need: Shapes = (name) => shapeOf(name) ?? missing(name)
  const kind = blockOf(seen)
  const attn = (name: string) => `blocks.0.${kind.attn}${name}`
  const mlp = (name: string) => `blocks.0.${kind.mlp}${name}`

  const projection = need('patch_embed.proj.weight')
  const embedDim = projection[0]!
  const inChans = told.inChans ?? (projection.length === 4 ? projection[1]! : 3)
  const patchSize = told.patchSize ?? patchOf(projection, inChans)
  const prefix = (has('cls_token') ? 1 : 0) + (has('dist_token') ? 1 : 0) + (shapeOf('reg_token')?.[1] ?? 0)
  const isFused = kind.attn === '' // queries, keys, values and the MLP's first map are one
  const innerDim = isFused ? embedDim : (need(attn('qkv.weight'))[0] ?? 0) / 3
  const [classes = 0, features = embedDim] = shapeOf('head.weight') ?? []
  return {
    ...{ embedDim, inChans, patchSize, projection: projection.length === 4 ? 'conv' : 'linear' },
    ...positionsOf(shapeOf('pos_embed')?.[1], { prefix, patchSize, naming, told }),
    // of Hugging Face's models, DINOv2 without registers resamples without it
    posAntialias: naming !== 'huggingface' || has('reg_token'),
    ...headsOf(innerDim, headDimOf(seen), told),
    ...{ depth: blocks, blockFn: kind.fn },
    ...(isFused ? fusedMlpOf(need) : mlpOf(seen, mlp, need)),
    numClasses: classes,
    eps: epsOf[naming],
    normLayer: normOf(`blocks.0.${kind.norm}`, has) ?? 'layernorm',
    ...{ classToken: has('cls_token'), distilled: has('dist_token') || has('head_dist.weight') },
    regTokens: shapeOf('reg_token')?.[1] ?? 0,
    globalPool: poolOf(seen, features === 2 * embedDim),
    fcNorm: has('fc_norm.weight'),
    finalNorm: has('norm.weight') || has('fc_norm.weight'),
    preNorm: has('norm_pre.weight'),
    patchNorm: has('patch_embed.patch_norm.weight'),
    embedNormLayer: normOf('patch_embed.norm', has),
    qkvBias: has(isFused ? attn('in_proj.bias') : attn('qkv.bias')),
    qkNorm: has(attn('q_norm.weight')),
    scaleAttnNorm: has('blocks.0.attn.norm.weight'),
    scaleMlpNorm: has('blocks.0.mlp.norm.weight'),
    projBias: isFused || has(mlp('fc2.bias')),
    attnProjBias: isFused || has(attn('proj.bias')),
    attnProj: isFused || has(attn('proj.weight')),
    ...(has('blocks.0.attn.lambda_q1') && { attnLayer: 'diff' as const }),
    initValues: has(`blocks.0.${kind.scale}`) ? 1 : null,
    ...attnPoolOf(seen, embedDim),
  }
}

/** Which tokens answer. */
function poolOf({ has }: Seen, isTwice: boolean): VisionTransformerOptions['globalPool'] {
  if (isTwice) return 'token+avg'
  if (has('attn_pool.latent')) return 'map'
  return has('cls_token') && !has('fc_norm.weight') ? 'token' : 'avg'
}

/** The width of the MLP that pools, where it is another than that of the blocks. */
function attnPoolOf({ shapeOf }: Seen, embedDim: number): VisionTransformerOptions {
  const [width] = shapeOf('attn_pool.mlp.fc1.weight') ?? []
  return width === undefined ? {} : { attnPoolMlpRatio: width / embedDim }
}

/** An RMS norm has no bias. */
function normOf(name: string, has: (name: string) => boolean): 'layernorm' | 'rmsnorm' | null {
  if (has(`${name}.bias`)) return 'layernorm'
  return has(`${name}.weight`) ? 'rmsnorm' : null
}

/** The shape of a parameter that has to be there. */
type Shapes = (name: string) => readonly number[]

/** The width of a head where it is told: by the norm of queries, by differential attention's factors, by biases for each head, or since vit-pytorch projects merged heads unless there is one. */
export function headDimOf({ naming, has, shapeOf }: Seen): number | undefined {
  const [width] = shapeOf('patch_embed.proj.weight') ?? []
  if (naming === 'vit-pytorch' && !has('blocks.0.attn.proj.weight')) {
    return (shapeOf('blocks.0.attn.qkv.weight')?.[0] ?? 0) / 3
  }
  const half = shapeOf('blocks.0.attn.lambda_q1') ?? shapeOf('blocks.0.lambda_q1')
  if (half !== undefined) return 2 * half[0]!
  const heads =
    shapeOf('blocks.0.attn.rel_pos.relative_position_bias_table')?.[1] ??
    shapeOf('blocks.0.attn.rel_pos.mlp.fc2.weight')?.[0] ??
    shapeOf('rope.freqs')?.[2]
  if (heads !== undefined && width !== undefined) return width / heads
  return (shapeOf('blocks.0.attn.q_norm.weight') ??
    shapeOf('blocks.0.q_norm.weight') ??
    shapeOf('blocks.0.attns.0.attn.q_norm.weight'))?.[0]
}

/** The kind of MLP: gated ones have two maps, or one of twice the width that the second takes. */
export function mlpLayerOf({ has, shapeOf }: Seen, mlp = (name: string) => `blocks.0.mlp.${name}`): MlpLayer {
  if (has(mlp('fc1_g.weight'))) return 'SwiGLU'
  const [width = 0] = shapeOf(mlp('fc1.weight')) ?? []
  return shapeOf(mlp('fc2.weight'))?.[1] === width / 2 ? 'SwiGLUPacked' : 'Mlp'
}

/** The kind of MLP, its activation and its width. */
function mlpOf(seen: Seen, mlp: (name: string) => string, shapeOf: Shapes): VisionTransformerOptions {
  const mlpLayer = mlpLayerOf(seen, mlp)
  const [hiddenFeatures] = shapeOf(mlp(mlpLayer === 'SwiGLU' ? 'fc1_g.weight' : 'fc1.weight'))
  return mlpLayer === 'Mlp' ? { hiddenFeatures } : { mlpLayer, actLayer: 'silu', hiddenFeatures }
}

/** The width of the MLP beside an attention whose maps are one with its own. */
function fusedMlpOf(shapeOf: Shapes): VisionTransformerOptions {
  const [rows = 0, dim = 0] = shapeOf('blocks.0.in_proj.weight')
  return { hiddenFeatures: rows - 3 * dim }
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
    readonly told: VisionTransformerOptions
  },
): VisionTransformerOptions {
  const { prefix, patchSize, naming, told } = model
  if (positions === undefined) {
    if (naming === 'vit-pytorch') return { posEmbed: 'sincos' } // SimpleViT
    if (told.posEmbed !== undefined) return {}
    throw new CheckpointError({
      operation,
      code: 'names/missing',
      what: "parameter 'pos_embed' is missing; give the option posEmbed, 'none' or 'sincos', where there are no learned positions",
    })
  }
  const [s1, s2] = pair(patchSize)
  // a size that is told and has as many patches explains them, whatever else they might be
  const [height, width] = pair(told.imgSize ?? 0)
  const patches = Math.floor(height / s1) * Math.floor(width / s2)
  if (patches === positions - prefix || patches === positions)
    return { noEmbedClass: patches !== positions - prefix }
  const grid = Math.sqrt(positions - prefix)
  const bare = Math.sqrt(positions)
  const noEmbedClass = !Number.isInteger(grid) && Number.isInteger(bare)
  const side = noEmbedClass ? bare : grid
  // of a grid that is no square only the user knows the sides; loading says so with both numbers
  return Number.isInteger(side) ? { imgSize: [side * s1, side * s2], noEmbedClass } : { noEmbedClass }
}

/** The number of heads and their width: told by a tensor of theirs, or as published models of this width have it. */
function headsOf(
  inner: number,
  seen: number | undefined,
  told: VisionTransformerOptions,
): { readonly numHeads: number; readonly headDim: number } {
  const usual = widthsOf16Heads.includes(inner) ? inner / 16 : HEAD_DIM
  const width = told.headDim ?? seen ?? usual
  const numHeads = told.numHeads ?? inner / width
  if (Number.isInteger(numHeads) && Number.isInteger(inner / numHeads))
    return { numHeads, headDim: inner / numHeads }
  throw new CheckpointError({
    operation,
    code: 'shape/heads',
    what: told.numHeads
      ? `numHeads does not divide the attention's ${inner} features — got ${told.numHeads}`
      : `the number of heads is not to be seen: ${inner} features are no multiple of ${width}; give the option numHeads`,
  })
}

function missing(name: string): never {
  throw new CheckpointError({
    operation,
    code: 'names/missing',
    what: `parameter '${name}' is missing`,
    values: { name },
  })
}
