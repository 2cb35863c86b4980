/**
 * From a checkpoint to a model: the naming scheme is recognised, parameters get timm's names, and every hyper-parameter
 * that shapes determine is read off them. What they do not tell (the number of heads, eps, the image size of fixed
 * positions) is looked for in the file's metadata, else it follows the scheme's convention and the model says so in
 * `guesses`.
 */

import { timmNames } from '../checkpoint/convert.ts'
import { type Hints, hintsIn } from '../checkpoint/hints.ts'
import { CheckpointError, openSafetensors, type StateDict } from '../checkpoint/index.ts'
import type { Naming } from '../checkpoint/naming.ts'
import type { NdArray } from '../layout/tensor.ts'
import type { VisionTransformer } from './vision-transformer.ts'
import type { VisionTransformerOptions } from './vision-transformer-options.ts'

/** The bytes of a safetensors file, a Blob, the path of one, or parameters by name. */
export type CheckpointSource = string | URL | Blob | Uint8Array | ArrayBuffer | StateDict

const operation = 'VisionTransformer.fromCheckpoint'

/** What each scheme's models have in common and shapes do not tell. */
const conventions: Readonly<Record<Naming, { readonly eps: number; readonly headDim: number }>> = {
  timm: { eps: 1e-6, headDim: 64 },
  huggingface: { eps: 1e-12, headDim: 64 },
  torch: { eps: 1e-5, headDim: 64 },
  'vit-pytorch': { eps: 1e-5, headDim: 64 },
}

/**
 * A model with the parameters, made by `make` of the options that they tell. `consume` lets go of each array once it is copied, so that a
 * checkpoint that nobody else holds is not in memory twice.
 */
export function modelFromState(
  dict: StateDict,
  options: VisionTransformerOptions,
  make: (options: VisionTransformerOptions, guesses: readonly string[]) => VisionTransformer,
  { consume = false }: { readonly consume?: boolean } = {},
): VisionTransformer {
  const named = timmNames(dict)
  if (named === undefined) {
    throw new CheckpointError({
      operation,
      code: 'names/scheme',
      what: `the names are of no known scheme — got ${listed(Object.keys(dict))}, expected those of timm, Hugging Face, torch or vit-pytorch`,
    })
  }
  if (consume && named.dict !== dict) for (const name of Object.keys(dict)) delete dict[name]
  const overrides = given(options)
  const read = readOptions(named.dict, named.naming, overrides)
  const model = make({ ...read, ...overrides }, guessesOf(read, named, overrides))
  model.loadStateDict(named.dict, { consume })
  return model
}

/** The options that have a value. */
function given(options: VisionTransformerOptions): VisionTransformerOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** What a source holds: parameters, and what its metadata say about the model. */
export interface Checkpoint {
  readonly dict: StateDict
  readonly hints: Hints
}

/** The contents of any source. */
export async function readCheckpoint(source: CheckpointSource): Promise<Checkpoint> {
  if (source instanceof ArrayBuffer) return readCheckpoint(new Uint8Array(source))
  const isFile = typeof source === 'string' || source instanceof URL || source instanceof Blob
  if (!isFile && !(source instanceof Uint8Array)) return { dict: { ...source }, hints: {} }
  const file = await openSafetensors(source)
  try {
    return { dict: await file.tensors(), hints: hintsIn(file.metadata) }
  } finally {
    await file.close()
  }
}

/** The options that names and shapes determine, or that the scheme's convention says. */
function readOptions(
  dict: StateDict,
  naming: Naming,
  overrides: VisionTransformerOptions,
): VisionTransformerOptions {
  const parameters = new Map<string, NdArray>(Object.entries(dict) as [string, NdArray][])
  const has = (name: string) => parameters.has(name)
  const shapeOf = (name: string) => parameters.get(name)?.shape
  const need: Shapes = (name) => shapeOf(name) ?? missing(name)
  const block = (name: string) => `blocks.0.${name}`

  const projection = need('patch_embed.proj.weight')
  const embedDim = projection[0]!
  const inChans = overrides.inChans ?? (projection.length === 4 ? projection[1]! : 3)
  const patchSize = overrides.patchSize ?? patchOf(projection, inChans)
  const [innerDim = 0] = need(block('attn.qkv.weight'))
  const heads = headsOf(innerDim / 3, shapeOf(block('attn.q_norm.weight'))?.[0], naming, overrides)
  const isDino = naming === 'huggingface' && has(block('ls1.gamma'))
  const prefix = (has('cls_token') ? 1 : 0) + (shapeOf('reg_token')?.[1] ?? 0)
  return {
    ...{ embedDim, inChans, patchSize, projection: projection.length === 4 ? 'conv' : 'linear' },
    ...positionsOf(shapeOf('pos_embed')?.[1], prefix, patchSize),
    ...heads,
    depth:
      1 + Math.max(...[...parameters.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1))),
    ...mlpOf(need, has, block),
    numClasses: shapeOf('head.weight')?.[0] ?? 0,
    eps: isDino ? 1e-6 : conventions[naming].eps,
    normLayer: has(block('norm1.bias')) ? 'layernorm' : 'rmsnorm',
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
    embedNormLayer: has('patch_embed.norm.bias') ? 'layernorm' : null,
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

/** The shape of a parameter that has to be there. */
type Shapes = (name: string) => readonly number[]

/** The kind of MLP and its width: gated ones have two maps, or one of twice the width that the second takes. */
function mlpOf(
  shapeOf: Shapes,
  has: (name: string) => boolean,
  block: (name: string) => string,
): VisionTransformerOptions {
  if (has(block('mlp.fc1_g.weight'))) {
    return { mlpLayer: 'SwiGLU', actLayer: 'silu', hiddenFeatures: shapeOf(block('mlp.fc1_g.weight'))[0] }
  }
  const [hiddenFeatures = 0] = shapeOf(block('mlp.fc1.weight'))
  const isGated = shapeOf(block('mlp.fc2.weight'))[1] === hiddenFeatures / 2
  return isGated ? { mlpLayer: 'SwiGLUPacked', actLayer: 'silu', hiddenFeatures } : { hiddenFeatures }
}

/** What names and shapes did not tell. */
function guessesOf(
  { numHeads, eps, posEmbed, mlpLayer }: VisionTransformerOptions,
  { naming, dict }: { readonly naming: Naming; readonly dict: StateDict },
  overrides: VisionTransformerOptions,
): string[] {
  const models = `${naming === 'huggingface' ? 'Hugging Face' : naming}'s models`
  const told = overrides.numHeads ?? overrides.headDim ?? dict['blocks.0.attn.q_norm.weight']
  const isOpen = posEmbed === 'sincos' && overrides.imgSize === undefined
  return [
    ...(told === undefined ? [`numHeads is ${numHeads}: 64 features a head, as ${models} have`] : []),
    ...(overrides.eps === undefined ? [`eps is ${eps}, as in ${models}`] : []),
    ...(mlpLayer && overrides.actLayer === undefined
      ? [`actLayer is 'silu', as in models with ${mlpLayer}`]
      : []),
    ...(isOpen ? ['imgSize is 224: positions of sines and cosines fit every size'] : []),
  ]
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
  prefix: number,
  patchSize: number | readonly [number, number],
): VisionTransformerOptions {
  if (positions === undefined) return { posEmbed: 'sincos' }
  const [s1, s2] = typeof patchSize === 'number' ? [patchSize, patchSize] : patchSize
  const grid = Math.sqrt(positions - prefix)
  const bare = Math.sqrt(positions)
  const noEmbedClass = !Number.isInteger(grid) && Number.isInteger(bare)
  const side = noEmbedClass ? bare : grid
  // of a grid that is no square only the user knows the sides; loading says so with both numbers
  return Number.isInteger(side) ? { imgSize: [side * s1, side * s2], noEmbedClass } : { noEmbedClass }
}

/** The number of heads and their width: told by the norm of queries, or the convention of 64 features a head. */
function headsOf(
  inner: number,
  normed: number | undefined,
  naming: Naming,
  overrides: VisionTransformerOptions,
): { readonly numHeads: number; readonly headDim: number } {
  const headDim = overrides.headDim ?? normed ?? (overrides.numHeads ? inner / overrides.numHeads : undefined)
  const width = headDim ?? conventions[naming].headDim
  const numHeads = overrides.numHeads ?? inner / width
  if (Number.isInteger(numHeads) && numHeads > 0) return { numHeads, headDim: inner / numHeads }
  throw new CheckpointError({
    operation,
    code: 'shape/heads',
    what: `the number of heads is not to be seen: ${inner} features are no multiple of ${width}; give the option numHeads`,
  })
}

function missing(name: string): never {
  throw new CheckpointError({ operation, code: 'names/missing', what: `parameter '${name}' is missing` })
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 3)
    .map((name) => `'${name}'`)
    .join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || 'no names'
}
