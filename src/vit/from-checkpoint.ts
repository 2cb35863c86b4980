/**
 * From a checkpoint to a model: the naming scheme is recognised, parameters get timm's names, a model with the options that names, shapes and the file's metadata tell is made, and
 * its parameters are filled while the file is read.
 */

import { type Described, describedIn } from '../checkpoint/described.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import { openSafetensors } from '../checkpoint/open.ts'
import type { StateDict } from '../checkpoint/read.ts'
import type { BlobLike, UrlLike } from '../layout/platform.ts'
import { isA, isBlob } from '../layout/realms.ts'
import { pair } from '../nn/check.ts'
import { allParameters } from '../nn/module.ts'
import { expectOptions } from '../nn/options.ts'
import { matched } from '../nn/state.ts'
import { mistakeIn } from '../ops/kinds.ts'
import { resolved } from './checkpoint-guesses.ts'
import { operation } from './checkpoint-options.ts'
import { textsAbout } from './configurations.ts'
import { type Filling, fill, type KeepingOptions, keepingOptions } from './fill.ts'
import { fitted } from './fitted.ts'
import { type Hints, hintsIn } from './hints.ts'
import { type Found, namingList, schemeOf } from './naming.ts'
import { assumedIn, ownIn, precisionOf } from './own.ts'
import { type Recipe, recipesOf } from './recipes.ts'
import { otherFamily } from './refusals.ts'
import { expectArrays, type Tensors, tensorsIn, tensorsOf } from './tensors.ts'
import type { VisionTransformer } from './vision-transformer.ts'
import { type VisionTransformerOptions, visionTransformerOptions } from './vision-transformer-options.ts'

/** The bytes of a safetensors file, a Blob, the path of one, or parameters by name. */
export type CheckpointSource = string | UrlLike | BlobLike | Uint8Array | ArrayBuffer | StateDict

/** Configurations by their files' names, as texts or as what they are of JSON: where they do not stand beside the file. */
export type Configurations = Readonly<Record<string, string | object>>

/** What configurations and metadata say, by name. */
type Texts = Readonly<Record<string, string>>

const textsOf = (configurations: Configurations = {}): Texts =>
  Object.fromEntries(
    Object.entries(configurations ?? {}).map(([name, given]) => [
      name,
      typeof given === 'string' ? given : JSON.stringify(given),
    ]),
  )

/** What is known of a model beside its options. */
export interface About {
  readonly guesses?: readonly string[] | undefined
  readonly labels?: readonly string[] | undefined
  readonly texts?: Texts | undefined
}

/** How a checkpoint is opened: options that it does not tell, and how its weights are kept. */
export interface CheckpointOptions extends VisionTransformerOptions, KeepingOptions {}

/** Makes a model of options and what is known of it beside them. */
type Make = (options: VisionTransformerOptions, about: About) => VisionTransformer

/** A model with the parameters of any source. */
export async function modelFrom(
  source: CheckpointSource,
  options: CheckpointOptions,
  make: Make,
  configurations?: Configurations,
): Promise<VisionTransformer> {
  if (isA(source, 'ArrayBuffer')) return modelFrom(new Uint8Array(source), options, make, configurations)
  const isFile = typeof source === 'string' || isA(source, 'URL') || isBlob(source)
  if (!isFile && !isA(source, 'Uint8Array')) {
    const texts = textsOf(configurations)
    return modelFromTensors(tensorsOf(source, operation), options, make, texts)
  }
  const file = await openSafetensors(source)
  const isPath = typeof source === 'string' || isA(source, 'URL')
  try {
    const texts = { ...(await textsAbout(file, isPath ? source : undefined)), ...textsOf(configurations) }
    return await modelFromTensors(tensorsIn(file), options, make, texts)
  } finally {
    await file.close()
  }
}

/** A model with the parameters of a state dict. */
export function modelFromState(
  dict: StateDict,
  options: VisionTransformerOptions,
  make: Make,
  configurations?: Configurations,
): VisionTransformer {
  expectArrays(dict, operation)
  const { model, fillings } = drafted(describedIn(dict), options, make, textsOf(configurations))
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

/** A model with the parameters of tensors that are read one by one. */
async function modelFromTensors(
  tensors: Tensors,
  given: CheckpointOptions,
  make: Make,
  texts: Texts,
): Promise<VisionTransformer> {
  expectOptions(operation, given, { ...visionTransformerOptions, ...keepingOptions })
  const { precision, panels, ...options } = given
  const { model, fillings } = drafted(tensors.described, options, make, texts)
  try {
    await fill(model, fillings, tensors, { precision: precision ?? precisionOf(tensors, texts), panels })
  } catch (error) {
    model.dispose()
    throw error
  }
  return model
}

/** A model of the right shape, and what its parameters are to be filled with. */
interface Draft {
  readonly model: VisionTransformer
  readonly fillings: readonly Filling[]
}

/** The model that tensors tell of; nothing but their names, shapes and dtypes is looked at. */
function drafted(
  tensors: ReadonlyMap<string, Described>,
  options: VisionTransformerOptions,
  make: Make,
  texts: Texts = {},
): Draft {
  expectOptions(operation, options, visionTransformerOptions)
  const found = foundIn(tensors)
  const { recipes: all, left } = recipesOf(tensors, found, operation)
  const own = ownIn(texts)
  expectOwn(own?.options ?? {}, tensors.size)
  const told = given(options)
  const overrides = { ...own?.options, ...told }
  const { recipes, isHeadNew, said } = withoutHead(all, told)
  const hints = hintsIn(texts)
  const { read, guesses } = resolved(found.naming, recipes, overrides, hints)
  expectRoom(read)
  const labels = hints.labels?.length === read.numClasses ? hints.labels : undefined
  const model = make(read, {
    guesses: [
      ...assumedIn('options', own, told),
      ...guesses,
      ...said,
      ...saidOf(found, left),
      ...unfitLabels(hints, read),
    ],
    ...{ labels, texts },
  })
  const fitting = fitted(recipes, model)
  const parameters = [...allParameters(model)].filter(([name]) => !(isHeadNew && headNames.test(name)))
  const { pairs } = matched(operation, new Map(parameters), fitting)
  return { model, fillings: pairs.map(([name, parameter]) => ({ parameter, recipe: fitting.get(name)! })) }
}

const headNames = /^head(_dist)?\./

/** Where other classes are asked for than a checkpoint has, its head is not read, and the model's begins anew, as in timm. */
function withoutHead(
  recipes: ReadonlyMap<string, Recipe>,
  { numClasses }: VisionTransformerOptions,
): { recipes: ReadonlyMap<string, Recipe>; isHeadNew: boolean; said: string[] } {
  const classes = recipes.get('head.weight')?.shape[0] ?? 0
  if (numClasses === undefined || numClasses === classes) return { recipes, isHeadNew: false, said: [] }
  const others = new Map([...recipes].filter(([name]) => !headNames.test(name)))
  const theirs = classes === 0 ? 'no head' : `a head of ${classes} classes`
  const ours = numClasses === 0 ? 'it is left out' : `the one of ${numClasses} has not learned yet`
  return { recipes: others, isHeadNew: true, said: [`the checkpoint has ${theirs}: ${ours}`] }
}

/** A file that says of itself what is no option, or what its tensors cannot be, is damaged: nothing is made of it. */
function expectOwn(options: VisionTransformerOptions, tensors: number): void {
  const { depth = 0 } = options
  const what =
    mistakeIn(options, visionTransformerOptions)?.what ??
    (depth > tensors ? `depth is ${depth}, and there are ${tensors} tensors` : null)
  if (what === null) return
  throw new CheckpointError({ operation, code: 'metadata/options', what: `the file's metadata: ${what}` })
}

/** Refuses pictures so large that memory ends with their positions, whoever says that they are. */
function expectRoom({ imgSize = 0, patchPadding = 0 }: VisionTransformerOptions): void {
  const [height, width] = pair(imgSize).map((side) => side + 2 * patchPadding) as [number, number]
  if (height * width <= 2 ** 26) return
  const what = `imgSize comes to ${height}×${width} with its padding, expected at most 2^26 pixels`
  throw new CheckpointError({ operation, code: 'metadata/options', what })
}

/** The naming scheme of a checkpoint, unless its names are another family's. */
function foundIn(tensors: ReadonlyMap<string, Described>): Found {
  const names = [...tensors.keys()]
  const other = otherFamily(names)
  if (other !== undefined) {
    throw new CheckpointError({
      operation,
      code: 'names/architecture',
      what: `this is ${other.family} — got '${other.name}', expected a Vision Transformer`,
    })
  }
  const found = schemeOf(names)
  if (found !== undefined) return found
  throw new CheckpointError({
    operation,
    code: 'names/scheme',
    what: `the names are of no known scheme — got ${listed(names)}, expected those of ${namingList}`,
  })
}

/** Says that a configuration's labels are another model's. */
function unfitLabels({ labels }: Hints, { numClasses = 0 }: VisionTransformerOptions): string[] {
  if (labels === undefined || labels.length === numClasses || numClasses === 0) return []
  return [`the configuration's ${labels.length} labels are not those of ${numClasses} classes`]
}

/** What was taken off names, and which tensors are not read. */
function saidOf({ wrapper }: Found, left: readonly string[]): string[] {
  if (wrapper === '') return []
  const count = left.length === 1 ? '1 tensor' : `${left.length} tensors`
  return [
    `'${wrapper}' before each name is taken off`,
    ...(left.length > 0
      ? [`${count} beside '${wrapper}' ${left.length === 1 ? 'is' : 'are'} not read: ${listed(left)}`]
      : []),
  ]
}

/** The options that have a value. */
function given(options: VisionTransformerOptions): VisionTransformerOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 3)
    .map((name) => `'${name}'`)
    .join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || 'no names'
}
