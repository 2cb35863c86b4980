/** What a file of this library's own says of its model: all options, how pictures are prepared, how weights are kept, and the classes' names. Nothing is guessed anew; what had been is said again. */
import { EinopsError } from '../../grammar/error.ts'
import type { QuantizedWeight } from '../gemm/quantized-weight.ts'
import type { Precision } from '../gemm/weighted.ts'
import type { PreprocessOptions } from '../image/preprocess.ts'
import { expectModule } from '../nn/expect-module.ts'
import { expectOptions, type Kinds } from '../nn/options.ts'
import { filled } from '../ops/kinds.ts'
import { isObject, parsed } from './hints.ts'
import type { Tensors } from './tensors.ts'
import type { VisionTransformer } from './vision-transformer.ts'
import { type VisionTransformerOptions, visionTransformerOptions } from './vision-transformer-options.ts'

/** The entry of a file's metadata. */
const KEY = 'tesserae'

/** What such an entry holds, as JSON. */
interface Own {
  readonly options: VisionTransformerOptions
  readonly preparation: PreprocessOptions
  /** How weights are kept and multiplied, where they are codes. */
  readonly precision?: Precision | undefined
  /** What had to be assumed of the options and of the preparation. */
  readonly assumed?:
    | { readonly options: readonly string[]; readonly preparation: readonly string[] }
    | undefined
}

export interface MetadataOptions {
  /** Names of the classes, in their order; the model's own if not given. */
  readonly labels?: readonly string[] | undefined
  /** How pictures are prepared; as the model has it if not given. */
  readonly preparation?: (PreprocessOptions & { readonly assumed?: readonly string[] }) | undefined
  /** What had to be assumed of the model's options, which is said again when the file is opened; the model's own if not given. */
  readonly guesses?: readonly string[] | undefined
}

const kindsFor = (classes: number): Kinds<MetadataOptions> => ({
  labels: {
    expected: `${classes} names, as many as there are classes`,
    has: (value) => isNames(value) && value.length === classes,
  },
  preparation: {
    expected: 'options of preprocess',
    has: (value) => isObject(value) && [value['mean'] ?? [], value['std'] ?? []].every(isNumbers),
  },
  guesses: { expected: 'a list of texts', has: isNames },
})

const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every(Number.isFinite)

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string')

/**
 * What is written beside a model's parameters, so that `fromCheckpoint` makes the same model of the file, with the names of its classes and the
 * preparation of its pictures.
 *
 * @throws {EinopsError} when an option is none, or there is another number of labels than of classes
 *
 * @example
 * const model = new VisionTransformer({ imgSize: 32, patchSize: 8, embedDim: 48, depth: 1, numHeads: 3, numClasses: 2 })
 * const file = writeSafetensors(model.stateDict(), metadataOf(model, { labels: ['ants', 'bees'] }))
 * const opened = await VisionTransformer.fromCheckpoint(file)
 * opened.labels // → ['ants', 'bees']
 * opened.guesses // → []
 */
export function metadataOf(model: VisionTransformer, options: MetadataOptions = {}): Record<string, string> {
  expectVit(model)
  const { numClasses = 1000 } = model.options
  expectOptions('metadataOf', options, kindsFor(numClasses))
  const { labels = model.labels, preparation = model.preparation, guesses = model.guesses } = options
  const { assumed = [], ...prepared } = preparation
  const codes = [...model.parameters()].find(({ precision }) => precision !== 'float32')
  const own: Own = {
    options: filled(model.options, visionTransformerOptions),
    preparation: prepared,
    precision: (codes?.weight as QuantizedWeight | undefined)?.intended,
    ...(guesses.length + assumed.length > 0 && { assumed: { options: guesses, preparation: assumed } }),
  }
  const id2label = labels && Object.fromEntries(labels.map((name, i) => [i, name]))
  return { format: 'pt', [KEY]: JSON.stringify({ ...own, id2label }) }
}

function expectVit(model: VisionTransformer): void {
  expectModule('metadataOf', model)
  if ('patchEmbed' in model && 'preparation' in model) return
  const { name } = (model as object).constructor
  throw new EinopsError({
    code: 'argument/model',
    operation: 'metadataOf',
    what: `the model is a ${name}, expected a VisionTransformer`,
  })
}

/** What metadata say of a model of this library's own; undefined where they are of another file. */
export function ownIn(texts: Readonly<Record<string, string>>): Own | undefined {
  const own = parsed(texts[KEY] ?? '')
  return isObject(own) && isObject(own['options']) && isObject(own['preparation'])
    ? (own as unknown as Own)
    : undefined
}

/** What was assumed when the file was written, and is told by nobody since. */
export function assumedIn(
  part: keyof NonNullable<Own['assumed']>,
  own: Own | undefined,
  told: object = {},
): string[] {
  const all: unknown = own?.assumed?.[part]
  return isNames(all)
    ? all.filter((text) => !Object.keys(told).some((name) => text.startsWith(`${name} is `)))
    : []
}

/** How weights are kept if nobody says: as they are in the file. */
export function precisionOf({ scales }: Tensors, texts: Readonly<Record<string, string>>): Precision {
  return scales.size === 0 ? 'float32' : (ownIn(texts)?.precision ?? 'int8')
}
