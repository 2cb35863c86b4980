/**
 * The hyper-parameters of a checkpoint: every one that names and shapes determine is read off them. What they do not tell (the number of heads, eps, the image
 * size of fixed positions) follows the scheme's convention, and is among the model's `guesses`.
 */

import type { Recipe } from '../checkpoint/convert.ts'
import type { Described } from '../checkpoint/described.ts'
import type { Hints } from '../checkpoint/hints.ts'
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
const widthsOf16Heads = [1152, 1280, 1408, 1664]

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
  const isOneHead = naming === 'vit-pytorch' && !has(block('attn.proj.weight'))
  const told = isOneHead ? innerDim / 3 : shapeOf(block('attn.q_norm.weight'))?.[0]
  const heads = headsOf(innerDim / 3, told, overrides)
  const isDino = naming === 'huggingface' && has(block('ls1.gamma'))
  const prefix = (has('cls_token') ? 1 : 0) + (shapeOf('reg_token')?.[1] ?? 0)
  return {
    ...{ embedDim, inChans, patchSize, projection: projection.length === 4 ? 'conv' : 'linear' },
    ...positionsOf(shapeOf('pos_embed')?.[1], { prefix, patchSize, naming, overrides }),
    // of Hugging Face's models, DINOv2 without registers resamples without it
    posAntialias: naming !== 'huggingface' || has('reg_token'),
    ...heads,
    depth:
      1 + Math.max(...[...parameters.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1))),
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

/** The hints that names and shapes do not contradict: a folder may hold another model's configuration, and a configuration more than one model. */
export function believed(
  { embedDim, numHeads, eps, globalPool, actLayer }: Hints,
  parameters: ReadonlyMap<string, Described>,
  options: VisionTransformerOptions,
): VisionTransformerOptions {
  const has = (name: string) => parameters.has(name)
  const [width] = parameters.get('patch_embed.proj.weight')?.shape ?? []
  if (embedDim !== undefined && embedDim !== width) return {}
  const inner = (parameters.get('blocks.0.attn.qkv.weight')?.shape[0] ?? 0) / 3
  const pools = has('attn_pool.latent') ? globalPool === 'map' : globalPool !== 'map'
  const fits =
    pools && (globalPool !== '' || !has('head.weight')) && (globalPool !== 'token' || has('cls_token'))
  return {
    ...(numHeads !== undefined && inner % numHeads === 0 && options.headDim === undefined && { numHeads }),
    ...(eps !== undefined && { eps }),
    ...(globalPool !== undefined && fits && { globalPool }),
    // configurations name an activation that gated MLPs do not use
    ...(actLayer !== undefined && mlpLayerOf(parameters) === 'Mlp' && { actLayer }),
  }
}

/** What neither names and shapes nor hints and options told. */
export function guessesOf(
  read: VisionTransformerOptions,
  { naming, recipes }: { readonly naming: Naming; readonly recipes: ReadonlyMap<string, Recipe> },
  { overrides, hints }: { readonly overrides: VisionTransformerOptions; readonly hints: Hints },
): string[] {
  const { numHeads, eps, mlpLayer, preNorm, globalPool, actLayer = 'gelu', embedDim = 0 } = read
  const models = preNorm ? "CLIP's models" : `${naming === 'huggingface' ? 'Hugging Face' : naming}'s models`
  const isWide = widthsOf16Heads.includes(embedDim)
  const isTold =
    recipes.has('blocks.0.attn.q_norm.weight') ||
    (naming === 'vit-pytorch' && !recipes.has('blocks.0.attn.proj.weight'))
  const heads = overrides.numHeads ?? overrides.headDim
  const isOpen = !recipes.has('pos_embed') && overrides.imgSize === undefined
  const act = `actLayer is '${actLayer}'`
  const acts = overrides.actLayer === undefined
  const { otherActivation } = hints
  const guesses: readonly (readonly [isGuessed: boolean, guess: string])[] = [
    [
      heads === undefined && !isTold,
      `numHeads is ${numHeads}${isWide ? ', as in published models of this width' : `: 64 features a head, as ${models} have`}`,
    ],
    [overrides.eps === undefined, `eps is ${eps}, as in ${models}`],
    [acts && mlpLayer !== undefined, `${act}, as in models with ${mlpLayer}`],
    [acts && preNorm === true, `${act}; OpenAI's CLIP needs 'quick-gelu', others 'gelu'`],
    [acts && globalPool === 'map', `${act}; SigLIP 2 needs 'gelu-tanh'`],
    [acts && otherActivation !== undefined, `${act}, where the configuration has '${otherActivation}'`],
    [
      overrides.globalPool === undefined && naming === 'vit-pytorch' && globalPool === 'token',
      "globalPool is 'token'; models of pool='mean' have the same names, and need 'avg' with poolIncludePrefix",
    ],
    [isOpen, 'imgSize is 224: positions of sines and cosines fit every size'],
  ]
  return guesses.flatMap(([isGuessed, guess]) => (isGuessed ? [guess] : []))
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
