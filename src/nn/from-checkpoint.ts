/**
 * From a checkpoint to a model: the naming scheme is recognised, parameters get timm's names, and every hyper-parameter
 * that shapes determine is read off them. What they do not tell (the number of heads, eps, the image size of fixed
 * positions) is looked for in the file's metadata, else it follows the scheme's convention and the model says so in
 * `guesses`.
 */

import { type Recipe, timmRecipes } from '../checkpoint/convert.ts'
import { type Described, describedIn } from '../checkpoint/described.ts'
import { type CheckpointData, dtypeOnceRead } from '../checkpoint/dtype.ts'
import { hintsIn } from '../checkpoint/hints.ts'
import {
  CheckpointError,
  openSafetensors,
  type SafetensorsFile,
  type StateDict,
} from '../checkpoint/index.ts'
import type { Naming } from '../checkpoint/naming.ts'
import { contiguous } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { allParameters } from './module.ts'
import type { Parameter } from './parameter.ts'
import { matched } from './state.ts'
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

/** Makes a model of options; `guesses` are those that nothing told. */
type Make = (options: VisionTransformerOptions, guesses: readonly string[]) => VisionTransformer

/** A model with the parameters of any source. */
export async function modelFrom(
  source: CheckpointSource,
  options: VisionTransformerOptions,
  make: Make,
): Promise<VisionTransformer> {
  if (source instanceof ArrayBuffer) return modelFrom(new Uint8Array(source), options, make)
  const isFile = typeof source === 'string' || source instanceof URL || source instanceof Blob
  if (!isFile && !(source instanceof Uint8Array)) return modelFromState(source, options, make)
  const file = await openSafetensors(source)
  try {
    return await modelFromFile(file, options, make)
  } finally {
    await file.close()
  }
}

/** A model with the parameters of a state dict. */
export function modelFromState(
  dict: StateDict,
  options: VisionTransformerOptions,
  make: Make,
): VisionTransformer {
  if (typeof dict !== 'object' || dict === null) {
    throw new CheckpointError({
      operation,
      code: 'source/type',
      what: `the source is no checkpoint — got ${dict}, expected a path, a Blob, bytes or arrays by name`,
    })
  }
  const { model, fillings } = drafted(describedIn(dict), options, make)
  try {
    for (const { parameter, recipe } of fillings) {
      parameter.assign(recipe.make(recipe.from.map((name) => dict[name]!)))
    }
  } catch (error) {
    model.dispose()
    throw error
  }
  return model
}

/** A model with the parameters of an open file. */
async function modelFromFile(
  file: SafetensorsFile,
  options: VisionTransformerOptions,
  make: Make,
): Promise<VisionTransformer> {
  const entries = [...file.entries].map(([name, { shape, dtype }]) => {
    return [name, { shape, dtype: dtypeOnceRead(dtype) }] as const
  })
  const hints = hintsIn(file.metadata)
  const { numHeads = hints.numHeads, eps = hints.eps } = options
  const { model, fillings } = drafted(new Map(entries), { ...options, numHeads, eps }, make)
  try {
    await fill(fillings, file)
  } catch (error) {
    model.dispose()
    throw error
  }
  return model
}

/** Reads a file tensor by tensor and packs each parameter as soon as it is complete, so that memory never holds them twice. */
async function fill(fillings: readonly Filling[], file: SafetensorsFile): Promise<void> {
  const users = new Map(fillings.flatMap((filling) => filling.recipe.from.map((name) => [name, filling])))
  const parts = new Map<string, NdArray<Data>>()
  for await (const [name, tensor] of file.each(file.names.filter((name) => users.has(name)))) {
    const { parameter, recipe } = users.get(name)!
    // the memory of one that waits for others is used again meanwhile
    parts.set(name, recipe.from.length > 1 ? copied(tensor) : tensor)
    if (!recipe.from.every((name) => parts.has(name))) continue
    parameter.assign(recipe.make(recipe.from.map((name) => parts.get(name)!)))
    for (const name of recipe.from) parts.delete(name)
  }
}

function copied({ shape, data }: NdArray<CheckpointData>): NdArray<CheckpointData> {
  return toNdarray({ ...contiguous(shape), data: data.slice() })
}

/** A model of the right shape, and what its parameters are to be filled with. */
interface Draft {
  readonly model: VisionTransformer
  readonly fillings: readonly Filling[]
}

interface Filling {
  readonly parameter: Parameter
  readonly recipe: Recipe
}

/** The model that tensors tell of; nothing but their names, shapes and dtypes is looked at. */
function drafted(
  tensors: ReadonlyMap<string, Described>,
  options: VisionTransformerOptions,
  make: Make,
): Draft {
  const named = timmRecipes(tensors)
  if (named === undefined) {
    throw new CheckpointError({
      operation,
      code: 'names/scheme',
      what: `the names are of no known scheme — got ${listed([...tensors.keys()])}, expected those of timm, Hugging Face, torch or vit-pytorch`,
    })
  }
  const { naming, recipes } = named
  const overrides = given(options)
  const read = readOptions(recipes, naming, overrides)
  const model = make({ ...read, ...overrides }, guessesOf(read, named, overrides))
  const { pairs } = matched(model.constructor.name, new Map(allParameters(model)), recipes)
  return { model, fillings: pairs.map(([name, parameter]) => ({ parameter, recipe: recipes.get(name)! })) }
}

/** The options that have a value. */
function given(options: VisionTransformerOptions): VisionTransformerOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** The options that names and shapes determine, or that the scheme's convention says. */
function readOptions(
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
  { naming, recipes }: { readonly naming: Naming; readonly recipes: ReadonlyMap<string, Recipe> },
  overrides: VisionTransformerOptions,
): string[] {
  const models = `${naming === 'huggingface' ? 'Hugging Face' : naming}'s models`
  const told = overrides.numHeads ?? overrides.headDim ?? recipes.get('blocks.0.attn.q_norm.weight')
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
