/**
 * From a checkpoint to a model: the naming scheme is recognised, parameters get timm's names, a model with the options that names, shapes and the file's metadata tell is made, and
 * its parameters are filled while the file is read.
 */

import { otherArchitecture } from '../checkpoint/architectures.ts'
import { hintsOf } from '../checkpoint/configurations.ts'
import { type Recipe, timmRecipes } from '../checkpoint/convert.ts'
import { type Described, describedIn, expectDict } from '../checkpoint/described.ts'
import { type CheckpointData, dtypeOnceRead } from '../checkpoint/dtype.ts'
import type { Hints } from '../checkpoint/hints.ts'
import {
  CheckpointError,
  openSafetensors,
  type SafetensorsFile,
  type StateDict,
} from '../checkpoint/index.ts'
import { namingOf, namings } from '../checkpoint/naming.ts'
import { contiguous } from '../layout/layout.ts'
import { isA, isBlob } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { believed, guessesOf } from './checkpoint-guesses.ts'
import { operation, readOptions } from './checkpoint-options.ts'
import { allParameters } from './module.ts'
import { expectOptions } from './options.ts'
import type { Parameter } from './parameter.ts'
import { matched } from './state.ts'
import type { VisionTransformer } from './vision-transformer.ts'
import { type VisionTransformerOptions, visionTransformerOptions } from './vision-transformer-options.ts'

/** The bytes of a safetensors file, a Blob, the path of one, or parameters by name. */
export type CheckpointSource = string | URL | Blob | Uint8Array | ArrayBuffer | StateDict

/** Makes a model of options; `guesses` are those that nothing told. */
type Make = (options: VisionTransformerOptions, guesses: readonly string[]) => VisionTransformer

/** A model with the parameters of any source. */
export async function modelFrom(
  source: CheckpointSource,
  options: VisionTransformerOptions,
  make: Make,
): Promise<VisionTransformer> {
  if (isA(source, 'ArrayBuffer')) return modelFrom(new Uint8Array(source), options, make)
  const isFile = typeof source === 'string' || isA(source, 'URL') || isBlob(source)
  if (!isFile && !isA(source, 'Uint8Array')) return modelFromState(source, options, make)
  const file = await openSafetensors(source)
  const isPath = typeof source === 'string' || isA(source, 'URL')
  try {
    const hints = await hintsOf(file, isPath ? source : undefined)
    return await modelFromFile(file, options, make, hints)
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
      what: `the source is no checkpoint — got ${show(dict)}, expected a path, a Blob, bytes or arrays by name`,
    })
  }
  expectDict(dict, operation)
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
  hints: Hints,
): Promise<VisionTransformer> {
  const entries = [...file.entries].map(([name, { shape, dtype }]) => {
    return [name, { shape, dtype: dtypeOnceRead(dtype) }] as const
  })
  const { model, fillings } = drafted(new Map(entries), options, make, hints)
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
  for (const { parameter, recipe } of fillings)
    if (recipe.from.length === 0) parameter.assign(recipe.make([]))
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
  hints: Hints = {},
): Draft {
  expectOptions(operation, options, visionTransformerOptions)
  const named = timmRecipes(tensors, operation)
  if (named === undefined) {
    const names = [...tensors.keys()]
    throw new CheckpointError({
      operation,
      code: 'names/scheme',
      what: `the names are of no known scheme — got ${listed(names)}, expected those of ${namings}${prefixHint(names)}`,
    })
  }
  const { naming, recipes } = named
  const other = options.rotary === undefined ? otherArchitecture(new Set(recipes.keys())) : undefined
  if (other !== undefined) {
    throw new CheckpointError({
      operation,
      code: 'names/architecture',
      what: `this is ${other.architecture} — got '${other.name}', expected a Vision Transformer`,
    })
  }
  const overrides = { ...believed(hints, recipes, options), ...given(options) }
  const read = readOptions(recipes, naming, overrides)
  const model = make({ ...read, ...overrides }, guessesOf(read, named, { overrides, hints }))
  const { pairs } = matched(operation, new Map(allParameters(model)), recipes)
  return { model, fillings: pairs.map(([name, parameter]) => ({ parameter, recipe: recipes.get(name)! })) }
}

/** The options that have a value. */
function given(options: VisionTransformerOptions): VisionTransformerOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** Says what training leaves before names, where they would be known without it. */
function prefixHint(names: readonly string[]): string {
  const prefix = /^(module|model|_orig_mod|backbone)\./.exec(names[0] ?? '')?.[0]
  const isKnown = prefix && namingOf(names.map((name) => name.slice(prefix.length)))
  return isKnown ? `; without '${prefix}' before each they are ${isKnown}'s` : ''
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 3)
    .map((name) => `'${name}'`)
    .join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || 'no names'
}
