/**
 * From one library's parameter names to another's, by way of timm's. Only names and layouts change: values are views
 * of the given ones, or one copy where three tensors become one.
 */
import { allocate } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { each, kind, mistakeIn, needed } from '../ops/kinds.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { type Described, describedIn, expectDict } from './described.ts'
import { CheckpointError } from './error.ts'
import { expand, type Naming, namingOf, templateOf, unused, variants } from './naming.ts'
import type { StateDict } from './read.ts'

type Tensors = Map<string, NdArray<Data>>

/** Who complains, unless names are changed for another. */
const operation = 'convertNames'

/** How a parameter of timm's is made of tensors that have other names. */
export interface Recipe extends Described {
  /** The names of the tensors. */
  readonly from: readonly string[]
  /** The parameter, of the tensors in that order; a view of them, or a copy where several become one. */
  make(parts: readonly NdArray<Data>[]): NdArray<Data>
}

/**
 * Renames a Vision Transformer's parameters from one library's names to another's, taking the three tensors of queries,
 * keys and values apart or together and adding or dropping the batch axis of tokens where the libraries differ.
 *
 * What published files hold without a use (a pooler, a mask token) is left out. A convolution's weight becomes
 * vit-pytorch's `[d, (s1 s2 c)]`; such a weight stays as it is the other way, `PatchEmbed` takes both.
 *
 * @param dict parameters by name; not changed
 * @param options `from` and `to`: whose names they have, and whose they get
 * @returns parameters by their new names; views of the given ones where no tensors are put together
 * @throws CheckpointError when a name is not one of `from`, or has no place in `to`; all of them are listed
 *
 * @example
 * const timm = { 'blocks.0.attn.qkv.bias': ndarray(new Float32Array([1, 2, 3, 4, 5, 6])) }
 * const torch = convertNames(timm, { from: 'timm', to: 'torch' })
 * Object.keys(torch) // → ['encoder_blocks.layers.0.self_attn.in_proj_bias']
 * const huggingface = convertNames(timm, { from: 'timm', to: 'huggingface' })
 * huggingface['encoder.layer.0.attention.attention.key.bias'].shape // [2]
 */
export function convertNames(
  dict: Readonly<StateDict>,
  options: { readonly from: Naming; readonly to: Naming },
): StateDict {
  expectDict(dict, operation)
  const mistake = mistakeIn(options, each(needed(kind.anything), 'from', 'to'))
  if (mistake !== undefined) throw new CheckpointError({ operation, ...mistake })
  const { from, to } = options
  for (const naming of [from, to]) {
    if (naming === 'timm' || variants.some((variant) => variant.naming === naming)) continue
    throw new CheckpointError({
      operation,
      code: 'names/naming',
      what: `there are no names of ${show(naming)}, expected 'timm', 'huggingface', 'torchvision', 'torch' or 'vit-pytorch'`,
    })
  }
  const timm =
    from === 'timm'
      ? new Map(Object.entries(dict))
      : followed(recipesOf(describedIn(dict), from, operation), dict)
  const tensors = to === 'timm' ? timm : fromTimm(timm, to)
  return Object.assign(Object.create(null) as StateDict, Object.fromEntries(tensors))
}

/** timm's parameters by name, made of tensors of any naming; undefined when no naming is recognised. */
export function timmRecipes(
  tensors: ReadonlyMap<string, Described>,
  operation: string,
): { readonly naming: Naming; readonly recipes: ReadonlyMap<string, Recipe> } | undefined {
  const naming = namingOf(tensors.keys())
  return naming && { naming, recipes: recipesOf(tensors, naming, operation) }
}

function followed(recipes: ReadonlyMap<string, Recipe>, dict: Readonly<StateDict>): Tensors {
  return new Map([...recipes].map(([timm, { from, make }]) => [timm, make(from.map((name) => dict[name]!))]))
}

function recipesOf(
  tensors: ReadonlyMap<string, Described>,
  from: Naming,
  operation: string,
): Map<string, Recipe> {
  if (from === 'timm') return new Map([...tensors].map(([name, tensor]) => [name, asItIs(name, tensor)]))
  const mine = variants.filter(({ naming }) => naming === from)
  const prefixes = mine.map(({ prefix }) => prefix)
  const places = new Map<string, { timm: string; third?: number }>()
  for (const [timm, theirs] of mine.flatMap(({ rows }) => expand(rows))) {
    if (typeof theirs === 'string') places.set(theirs, { timm })
    else for (const [third, name] of theirs.entries()) places.set(name, { timm, third })
  }

  const recipes = new Map<string, Recipe>()
  const thirds = new Map<string, Recipe[]>()
  const homeless: string[] = []
  for (const [name, tensor] of tensors) {
    if (unused[from].test(name) || isEmptyToken(name, tensor)) continue
    const prefix = prefixes.find((prefix) => name.startsWith(prefix)) ?? ''
    const { template, block } = templateOf(name.slice(prefix.length))
    const place = places.get(template)
    if (place === undefined) {
      homeless.push(name)
      continue
    }
    const timm = place.timm.replace('{i}', block ?? '')
    const recipe = asItIs(name, tensor)
    if (place.third === undefined) recipes.set(timm, batched(timm, recipe))
    else thirds.set(timm, Object.assign(thirds.get(timm) ?? [], { [place.third]: recipe }))
  }
  if (homeless.length > 0) throw noPlace(operation, homeless, `not among the names of ${from}`)
  for (const [timm, parts] of thirds) recipes.set(timm, together(operation, timm, parts))
  return withHeadBias(withRegisterPositions(recipes))
}

function fromTimm(timm: Tensors, to: Naming): Tensors {
  const { rows, prefix } = variants.find((variant) => variant.naming === to && variant.fits(timm))!
  const places = new Map(expand(rows))
  const isWhole = timm.has('head.weight') // the bare model's files have no prefix
  const source = to === 'huggingface' ? withoutRegisterPositions(timm) : timm

  const tensors: Tensors = new Map()
  const homeless: string[] = []
  for (const [name, tensor] of source) {
    const { template, block } = templateOf(name)
    const place = places.get(template)
    if (place === undefined) {
      homeless.push(name)
      continue
    }
    const put = (theirs: string, part: NdArray<Data>) => {
      const own = isWhole && !theirs.startsWith('classifier') ? prefix : ''
      tensors.set(own + theirs.replace('{i}', block ?? ''), part)
    }
    if (typeof place === 'string') put(place, to === 'vit-pytorch' ? unbatched(name, tensor) : tensor)
    else for (const [third, part] of apart(name, tensor).entries()) put(place[third]!, part)
  }
  if (homeless.length > 0) throw noPlace(operation, homeless, `without a place in the names of ${to}`)
  return to === 'vit-pytorch' ? withEmptyToken(tensors) : tensors
}

// --- layouts that differ

function asItIs(name: string, { shape, dtype }: Described): Recipe {
  return { from: [name], shape, dtype, make: ([tensor]) => tensor! }
}

/** Tokens and positions with timm's batch axis. */
function batched(name: string, recipe: Recipe): Recipe {
  const isToken = name === 'cls_token' || name === 'pos_embed' || name === 'reg_token'
  const { shape } = recipe
  if (!isToken || shape.length > 2) return recipe
  const [rows, pattern] = shape.length === 2 ? [[1], 'n d -> 1 n d'] : [[1, 1], 'd -> 1 1 d']
  return { ...recipe, shape: [...rows, ...shape], make: (parts) => rearrange(recipe.make(parts), pattern) }
}

/** Tokens and positions without the batch axis, and the projection as a Linear's weight, as vit-pytorch has them. */
function unbatched(name: string, tensor: NdArray<Data>): NdArray<Data> {
  if (name === 'cls_token' || name === 'pos_embed') return rearrange(tensor, '1 n d -> n d')
  if (name === 'patch_embed.proj.weight' && tensor.shape.length === 4) {
    return rearrange(tensor, 'd c s1 s2 -> d (s1 s2 c)')
  }
  return tensor
}

function together(operation: string, name: string, thirds: readonly (Recipe | undefined)[]): Recipe {
  const [q, k, v] = thirds
  if (q === undefined || k === undefined || v === undefined) {
    const missing = ['query', 'key', 'value'].filter((_, third) => thirds[third] === undefined)
    throw new CheckpointError({
      operation,
      code: 'names/incomplete',
      what: `${missing.join(' and ')} of '${name}' ${missing.length === 1 ? 'is' : 'are'} missing`,
    })
  }
  const parts = [q, k, v]
  const kindOf = ({ dtype, shape }: Described) => [dtype, shape.length, ...shape.slice(1)].join()
  if (new Set(parts.map(kindOf)).size > 1) {
    const [queries, keys, values] = parts.map(({ dtype, shape }) => `${dtype} [${shape}]`)
    throw new CheckpointError({
      operation,
      code: 'names/together',
      what: `queries, keys and values of '${name}' do not go together — got ${queries}, ${keys} and ${values}`,
    })
  }
  return {
    ...q,
    from: parts.flatMap(({ from }) => from),
    shape: [parts.reduce((rows, { shape }) => rows + (shape[0] ?? 0), 0), ...q.shape.slice(1)],
    make: (parts) => pack(parts, q.shape.length === 2 ? '* d' : '*')[0],
  }
}

function apart(name: string, tensor: NdArray<Data>): NdArray<Data>[] {
  if ((tensor.shape[0] ?? 0) % 3 !== 0) {
    throw new CheckpointError({
      operation,
      code: 'names/thirds',
      what: `'${name}' has ${tensor.shape[0]} rows, which are not queries, keys and values of equal number`,
    })
  }
  const thirds =
    tensor.shape.length === 2
      ? rearrange(tensor, '(three n) d -> three n d', { three: 3 })
      : rearrange(tensor, '(three n) -> three n', { three: 3 })
  return [0, 1, 2].map((third) => thirds.pick(third, ...new Array<null>(tensor.shape.length).fill(null)))
}

/** CLIP's projection has no bias, a head one of zeros then. */
function withHeadBias(recipes: Map<string, Recipe>): Map<string, Recipe> {
  const head = recipes.get('head.weight')
  if (head?.from[0] !== 'visual_projection.weight') return recipes
  const shape = [head.shape[0]!]
  const make = () => toNdarray({ ...contiguous(shape), data: new Float32Array(shape[0]!) })
  return recipes.set('head.bias', { from: [], shape, dtype: 'float32', make })
}

/** vit-pytorch's ViT that pools by the mean has a class token all the same, of no rows. */
function isEmptyToken(name: string, { shape }: Described): boolean {
  return name === 'cls_token' && shape.includes(0)
}

function withEmptyToken(tensors: Tensors): Tensors {
  const positions = tensors.get('pos_embedding')
  if (positions === undefined || tensors.has('cls_token')) return tensors
  const shape = [0, positions.shape.at(-1)!]
  const token = toNdarray({ ...contiguous(shape), data: allocate<Data>(positions.data, 0) })
  return new Map([['cls_token', token], ...tensors])
}

/** DINOv2 has no positions for its registers, timm has them: zeros say the same. */
function withRegisterPositions(recipes: Map<string, Recipe>): Map<string, Recipe> {
  const registers = recipes.get('reg_token')
  const positions = recipes.get('pos_embed')
  if (registers === undefined || positions === undefined) return recipes
  const [batch = 0, count = 0, width = 0] = positions.shape
  const recipe: Recipe = {
    ...positions,
    shape: [batch, count + (registers.shape[1] ?? 0), width],
    make(parts) {
      const own = positions.make(parts)
      const { shape } = registers
      const zeros = toNdarray({ ...contiguous(shape), data: allocate<Data>(own.data, sizeOf(shape)) })
      const [classToken, patches] = [own.hi(1, 1, width), own.lo(0, 1, 0).hi(1, count - 1, width)]
      return pack([classToken, zeros, patches], 'b * d')[0]
    },
  }
  return new Map(recipes).set('pos_embed', recipe)
}

function withoutRegisterPositions(tensors: Tensors): Tensors {
  const registers = tensors.get('reg_token')
  const positions = tensors.get('pos_embed')
  if (registers === undefined || positions === undefined) return tensors
  const [, count = 0, width = 0] = positions.shape
  const extra = registers.shape[1]!
  const classToken = positions.hi(1, 1, width)
  const patches = positions.lo(0, 1 + extra, 0).hi(1, count - 1 - extra, width)
  const own = rearrange(positions.lo(0, 1, 0).hi(1, extra, width), 'b r d -> (b r d)')
  if (!Array.from({ length: own.size }, (_, i) => own.get(i)).every((value) => value === 0)) {
    throw noPlace(
      operation,
      ['pos_embed'],
      'with positions of registers, which the names of huggingface do not have',
    )
  }
  return new Map(tensors).set('pos_embed', pack([classToken, patches], 'b * d')[0])
}

function noPlace(operation: string, names: readonly string[], why: string): CheckpointError {
  const shown = names.slice(0, 5).map((name) => `'${name}'`)
  const rest = names.length > shown.length ? ` and ${names.length - shown.length} more` : ''
  const count = names.length === 1 ? '1 parameter is' : `${names.length} parameters are`
  const what = `${count} ${why}: ${shown.join(', ')}${rest}`
  return new CheckpointError({ operation, code: 'names/unknown', what })
}
