/**
 * From one library's parameter names to another's, by way of timm's. Only names and layouts change: values are views
 * of the given ones, or one copy where three tensors become one.
 */

import { describedIn, expectDict } from '../checkpoint/described.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import type { StateDict } from '../checkpoint/read.ts'
import { allocate } from '../layout/data.ts'
import { contiguous } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { each, kind, mistakeIn, needed } from '../ops/kinds.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { expand, templateOf } from './names/row.ts'
import { type Naming, namings, schemeOfNaming, writings } from './naming.ts'
import { noPlace, type Recipe, recipesOf } from './recipes.ts'

type Tensors = Map<string, NdArray<Data>>

const operation = 'convertNames'

/**
 * Renames a Vision Transformer's parameters from one library's names to another's, taking the three tensors of queries,
 * keys and values apart or together and adding or dropping the batch axis of tokens where the libraries differ.
 *
 * Names of OpenAI (`'openai'`: CLIP, open_clip, Perception Encoder) are only read. What published files hold without a use (a pooler, a mask token) is left out. A convolution's weight becomes
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
    if (namings.includes(naming)) continue
    const [last, ...others] = [...namings].reverse().map((name) => `'${name}'`)
    throw new CheckpointError({
      operation,
      code: 'names/naming',
      what: `there are no names of ${show(naming)}, expected ${others.reverse().join(', ')} or ${last}`,
    })
  }
  const names = Object.keys(dict)
  const { recipes } = recipesOf(describedIn(dict), schemeOfNaming(from, names), operation)
  const timm = followed(recipes, dict)
  const tensors = to === 'timm' ? timm : fromTimm(timm, to)
  return Object.assign(Object.create(null) as StateDict, Object.fromEntries(tensors))
}

function followed(recipes: ReadonlyMap<string, Recipe>, dict: Readonly<StateDict>): Tensors {
  return new Map([...recipes].map(([timm, { from, make }]) => [timm, make(from.map((name) => dict[name]!))]))
}

function fromTimm(timm: Tensors, to: Naming): Tensors {
  const writing = writings[to]?.find(({ fits }) => fits(timm))
  if (writing === undefined) {
    throw new CheckpointError({ operation, code: 'names/naming', what: `names of ${to} are only read` })
  }
  const places = new Map(expand(writing.rows).map(([own, theirs]) => [own, theirs]))
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
      const own = isWhole && !theirs.startsWith('classifier') ? writing.prefix : ''
      tensors.set(own + theirs.replace('{i}', block ?? ''), part)
    }
    if (typeof place === 'string') put(place, to === 'vit-pytorch' ? unbatched(name, tensor) : tensor)
    else for (const [third, part] of apart(name, tensor).entries()) put(place[third]!, part)
  }
  if (homeless.length > 0) throw noPlace(operation, homeless, `without a place in the names of ${to}`)
  return to === 'vit-pytorch' ? withEmptyToken(tensors) : tensors
}

// --- layouts that differ

/** Tokens and positions without the batch axis, and the projection as a Linear's weight, as vit-pytorch has them. */
function unbatched(name: string, tensor: NdArray<Data>): NdArray<Data> {
  if (name === 'cls_token' || name === 'pos_embed') return rearrange(tensor, '1 n d -> n d')
  if (name === 'patch_embed.proj.weight' && tensor.shape.length === 4) {
    return rearrange(tensor, 'd c s1 s2 -> d (s1 s2 c)')
  }
  return tensor
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

/** vit-pytorch's ViT that pools by the mean has a class token all the same, of no rows. */
function withEmptyToken(tensors: Tensors): Tensors {
  const positions = tensors.get('pos_embedding')
  if (positions === undefined || tensors.has('cls_token')) return tensors
  const shape = [0, positions.shape.at(-1)!]
  const token = toNdarray({ ...contiguous(shape), data: allocate<Data>(positions.data, 0) })
  return new Map([['cls_token', token], ...tensors])
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
