/** How each of timm's parameters is made of the tensors of a checkpoint with other names: what its scheme's rows find there. */

import type { Described } from '../checkpoint/described.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { incomplete, together, zeros } from './changes.ts'
import { expand, type Row, templateOf } from './names/row.ts'
import type { Found } from './naming.ts'

/** How a parameter of timm's is made of tensors that have other names. */
export interface Recipe extends Described {
  /** The names of the tensors. */
  readonly from: readonly string[]
  /** The parameter, of the tensors in that order; a view of them, or a copy where several become one. */
  make(parts: readonly NdArray<Data>[]): NdArray<Data>
}

export interface Recipes {
  readonly recipes: ReadonlyMap<string, Recipe>
  /** Names that stand beside the model's, and are not read. */
  readonly left: readonly string[]
}

/** timm's parameters by name, made of tensors whose names are of a scheme. */
export function recipesOf(
  tensors: ReadonlyMap<string, Described>,
  { naming, scheme, wrapper, prefix }: Found,
  operation: string,
): Recipes {
  const inside = new Map<string, string>() // the scheme's own names, and those of the file
  const left: string[] = []
  const outside: string[] = []
  for (const [name, tensor] of tensors) {
    if (!name.startsWith(wrapper)) {
      left.push(name)
      continue
    }
    const bare = name.slice(wrapper.length)
    if (isEmptyToken(bare, tensor)) continue
    if (bare.startsWith(prefix)) inside.set(bare.slice(prefix.length), name)
    else if (prefix === '' || scheme.beside.test(bare)) inside.set(bare, name)
    else if (!scheme.unused.test(bare)) outside.push(name)
  }

  const used = new Set<string>()
  const recipes = new Map<string, Recipe>()
  const broken = new Map<string, CheckpointError>()
  const blocks = new Set([...inside.keys()].flatMap((name) => templateOf(name).block ?? []))
  for (const [timm, theirs, change] of expand(scheme.rows)) {
    for (const block of timm.includes('{i}') ? blocks : ['']) {
      const target = timm.replace('{i}', block)
      if (recipes.has(target)) continue
      const names = (typeof theirs === 'string' ? [theirs] : theirs).map((name) => name.replace('{i}', block))
      const parts = partsOf(names, inside)
      const isThirds = change === undefined && parts.names.length === 3
      if (parts.isThere.every((is) => !is) || !parts.holds) continue
      // another parameter's already, unless one is for all blocks, or a change takes parts of it
      const isTaken = (name: string | undefined) =>
        name !== undefined && used.has(name) && (block === '' || templateOf(name).block !== undefined)
      if (change === undefined && parts.names.some(isTaken)) continue
      const described = parts.names.map((name) => (name === undefined ? undefined : tensors.get(name)!))
      if (parts.isMissing) {
        if (isThirds) broken.set(target, incomplete(operation, target, parts.isThere))
        continue
      }
      const recipe = recipeOf(operation, target, parts.names, described, change)
      recipes.set(target, batched(target, recipe))
      for (const name of parts.names) if (name !== undefined) used.add(name)
    }
  }
  for (const [target, error] of broken) if (!recipes.has(target) && !inside.has(target)) throw error

  const homeless = [...inside].filter(([own, name]) => !used.has(name) && !scheme.unused.test(own))
  if (naming === 'timm') {
    for (const [own, name] of homeless) {
      recipes.set(own, { ...tensors.get(name)!, from: [name], make: ([tensor]) => tensor! })
    }
    if (outside.length > 0) throw noPlace(operation, outside, `not among the names of ${naming}`)
  } else if (homeless.length + outside.length > 0) {
    const names = [...homeless.map(([, name]) => name), ...outside]
    throw noPlace(operation, names, `not among the names of ${naming}`)
  }
  return { recipes: withRegisterPositions(withZeroBiases(recipes), inside), left }
}

/** Which of a row's names a file has. */
function partsOf(names: readonly string[], inside: ReadonlyMap<string, string>) {
  const own = names.filter((name) => !/^[&!]/.test(name))
  const found = own.map((name) => inside.get(name.replace('?', '')))
  return {
    /** The file's names of the parts. */
    names: found,
    isThere: found.map((name) => name !== undefined),
    isMissing: own.some((name, i) => !name.startsWith('?') && found[i] === undefined),
    /** Whether what has to be beside them is, and what must not is not. */
    holds: names.every((name) => !/^[&!]/.test(name) || inside.has(name.slice(1)) === name.startsWith('&')),
  }
}

function recipeOf(
  operation: string,
  target: string,
  names: readonly (string | undefined)[],
  described: readonly (Described | undefined)[],
  change: Row[2],
): Recipe {
  const there = described.filter((part) => part !== undefined)
  const [first] = there as [Described, ...Described[]]
  const from = names.filter((name) => name !== undefined)
  if (change === undefined && names.length === 1) return { ...first, from, make: ([tensor]) => tensor! }
  if (change !== undefined) {
    const shape = change.shape(...there.map((part) => part.shape))
    return { ...first, from, shape, make: (parts) => change.make(...parts) }
  }
  expectAlike(operation, target, there)
  const shapes = described.map((part) => part?.shape ?? first.shape)
  return {
    ...first,
    from,
    shape: together.shape(...shapes),
    make(parts) {
      const rest = [...parts]
      return together.make(
        ...described.map((part, i) => (part === undefined ? zeros(shapes[i]!) : rest.shift()!)),
      )
    },
  }
}

function expectAlike(operation: string, name: string, parts: readonly Described[]): void {
  const kindOf = ({ dtype, shape }: Described) => [dtype, shape.length, ...shape.slice(1)].join()
  if (new Set(parts.map(kindOf)).size <= 1) return
  const listed = parts.map(({ dtype, shape }) => `${dtype} [${shape}]`)
  throw new CheckpointError({
    operation,
    code: 'names/together',
    what: `queries, keys and values of '${name}' do not go together — got ${listed.slice(0, -1).join(', ')} and ${listed.at(-1)}`,
  })
}

/** Tokens and positions with timm's batch axis. */
function batched(name: string, recipe: Recipe): Recipe {
  const isToken = name === 'cls_token' || name === 'pos_embed' || name === 'reg_token'
  const { shape } = recipe
  if (!isToken || shape.length > 2) return recipe
  const [rows, pattern] = shape.length === 2 ? [[1], 'n d -> 1 n d'] : [[1, 1], 'd -> 1 1 d']
  return { ...recipe, shape: [...rows, ...shape], make: (parts) => rearrange(recipe.make(parts), pattern) }
}

/** CLIP's projections have no biases, a head and the patches have: of zeros then. */
function withZeroBiases(recipes: Map<string, Recipe>): Map<string, Recipe> {
  const isProjection = (name: string, theirs: RegExp) =>
    !recipes.has(`${name}.bias`) && theirs.test(recipes.get(`${name}.weight`)?.from[0] ?? '')
  const bare = [
    ...(isProjection('head', /proj(ection)?(\.weight)?$/) ? ['head'] : []),
    ...(isProjection('patch_embed.proj', /conv1\.weight$/) && !recipes.has('norm_pre.weight')
      ? ['patch_embed.proj']
      : []),
  ]
  for (const name of bare) {
    const shape = recipes.get(`${name}.weight`)!.shape.slice(0, 1)
    recipes.set(`${name}.bias`, { from: [], shape, dtype: 'float32', make: () => zeros(shape) })
  }
  return recipes
}

/** vit-pytorch's ViT that pools by the mean has a class token all the same, of no rows. */
function isEmptyToken(name: string, { shape }: Described): boolean {
  return name === 'cls_token' && shape.includes(0)
}

/** DINOv2 has no positions for its registers, timm has them: zeros say the same. */
function withRegisterPositions(
  recipes: Map<string, Recipe>,
  inside: ReadonlyMap<string, string>,
): Map<string, Recipe> {
  const registers = recipes.get('reg_token')
  const positions = recipes.get('pos_embed')
  const isDino = inside.has('register_tokens') || inside.has('embeddings.register_tokens')
  if (registers === undefined || positions === undefined || !isDino) return recipes
  const [batch = 0, count = 0, width = 0] = positions.shape
  return recipes.set('pos_embed', {
    ...positions,
    shape: [batch, count + (registers.shape[1] ?? 0), width],
    make(parts) {
      const own = positions.make(parts)
      const [classToken, patches] = [own.hi(1, 1, width), own.lo(0, 1, 0).hi(1, count - 1, width)]
      return pack([classToken, zeros(registers.shape), patches], 'b * d')[0]
    },
  })
}

/** The error about names that have no place on the other side. */
export function noPlace(operation: string, names: readonly string[], why: string): CheckpointError {
  const shown = names.slice(0, 5).map((name) => `'${name}'`)
  const rest = names.length > shown.length ? ` and ${names.length - shown.length} more` : ''
  const count = names.length === 1 ? '1 parameter is' : `${names.length} parameters are`
  const what = `${count} ${why}: ${shown.join(', ')}${rest}`
  return new CheckpointError({ operation, code: 'names/unknown', what })
}
