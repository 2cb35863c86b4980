/** A folder of folders of pictures as what a model learns from: decoded ahead of the steps, in a new order each epoch. */
import { decodedAhead, listPictures, pathOf, startDecoders } from '#folders'
import { reasonOf } from '../checkpoint/reason.ts'
import { joined, type Prepared } from '../folders/batches.ts'
import { type Classes, inClasses, type Labelled } from '../folders/classes.ts'
import { expectPreparation, type PreprocessOptions } from '../image/preprocess.ts'
import type { UrlLike } from '../layout/platform.ts'
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import { expectOptions, type Kinds, kind } from '../nn/options.ts'
import { mixed } from '../nn/random.ts'
import { type Batch, type BatchSource, shuffled } from './batches.ts'
import { mistake } from './refuse.ts'

export interface FolderOptions {
  /** How pictures are prepared: `model.preparation`, or options of `preprocess`, whose defaults hold if not given. */
  readonly preparation?: PreprocessOptions | undefined
  /** 32 if not given. */
  readonly batchSize?: number | undefined
  /** Whether pictures are taken in a new order each epoch; true if not given. */
  readonly shuffle?: boolean | undefined
  /** What the orders follow from; 0 if not given. */
  readonly seed?: number | undefined
  /** How many workers decode ahead; with 1, which it is if not given, the calling thread decodes. */
  readonly threads?: number | undefined
  /** Told of each picture that cannot be read, which is left out then; an error if not given. */
  readonly onFault?: ((name: string, reason: string) => void) | undefined
}

const kinds: Kinds<FolderOptions> = {
  preparation: {
    expected: 'options of preprocess',
    has: (value) => typeof value === 'object' && value !== null,
  },
  ...{ batchSize: kind.length, shuffle: kind.flag, seed: kind.seed, threads: kind.length },
  onFault: { expected: 'a function', has: (value) => typeof value === 'function' },
}

/** Pictures by class; `fit` takes it. */
export interface PictureFolder extends BatchSource {
  /** The folders' names, in their order: class `i` is called `classes[i]`. */
  readonly classes: readonly string[]
  readonly pictures: readonly Labelled[]
}

/**
 * A folder of folders, one for each class, as data to learn from. Pictures are decoded when their batch comes, and never all in memory.
 *
 * @param path of the folder, or its file: URL; pictures stand in its folders, or deeper
 * @throws {EinopsError} (as a rejection) when there are no pictures of at least two classes, or an option is none
 *
 * @example
 * ```ts
 * import { mkdtemp, mkdir, writeFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import ndarray from 'ndarray'
 * import { writePng } from 'tesserae/image'
 * import { VisionTransformer } from 'tesserae/nn'
 * import { fit, folderOf } from 'tesserae/train'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'photos-')) // a photograph of an ant, and one of a bee
 * for (const [name, grey] of [['ants', 40], ['bees', 200]] as const) {
 *   await mkdir(join(folder, name))
 *   await writeFile(join(folder, name, 'photo.png'), writePng(ndarray(new Uint8Array(48 * 48 * 3).fill(grey), [48, 48, 3])))
 * }
 * const model = new VisionTransformer({ imgSize: 32, patchSize: 8, embedDim: 48, depth: 1, numHeads: 3, numClasses: 2 })
 * const photos = await folderOf(folder, { preparation: model.preparation, batchSize: 2 })
 * photos.classes // → ['ants', 'bees']
 * const steps = []
 * for await (const { step } of fit(model, photos, { epochs: 3 })) steps.push(step)
 * steps.length // → 3
 * ```
 */
export async function folderOf(path: string | UrlLike, options: FolderOptions = {}): Promise<PictureFolder> {
  expectOptions('folderOf', options, kinds)
  expectPreparation(options.preparation ?? {})
  const found = inClasses(await listed(path))
  const { classes, pictures, faults } = found
  const fault = noClasses(`${path}`, found)
  if (fault !== undefined) throw mistake('folderOf', fault)
  for (const { name, reason } of faults) atFault(options, name, reason)
  return { classes, pictures, ...pictureBatches(pictures, options) }
}

/** Batches of pictures whose classes are known. */
export const pictureBatches = (pictures: readonly Labelled[], options: FolderOptions): BatchSource => ({
  batches: (epoch, first) => batchesOf(pictures, epoch, first, options),
})

/** What datasets are often divided into, which is not what their pictures are of. */
const part = /^(train|training|val|valid|validation|test|testing)$/i

/** Why a folder is no data; undefined where it is. */
export function noClasses(path: string, { classes, pictures }: Classes): string | undefined {
  if (classes.length === 0)
    return `${path}: no pictures in folders — expected a folder for each class, with pictures in it`
  if (classes.every((name) => part.test(name)) && pictures.every(({ name }) => name.split('/').length > 2))
    return `${path}: ${classes.join(' and ')} are parts of a dataset, whose folders are the classes — expected one of them`
  if (classes.length === 1)
    return `${path}: all pictures are of one class, '${classes[0]}' — expected a folder for each of at least two`
  return undefined
}

async function listed(path: string | UrlLike) {
  if (typeof path !== 'string' && !isA(path, 'URL')) {
    throw mistake('folderOf', `the path is ${show(path)}, expected the path of a folder`)
  }
  try {
    return await listPictures([typeof path === 'string' ? path : pathOf(path)])
  } catch (cause) {
    throw mistake('folderOf', `${path}: ${reasonOf(cause)}`)
  }
}

function atFault({ onFault }: FolderOptions, name: string, reason: string): void {
  if (onFault === undefined) throw mistake('folderOf', `${name}: ${reason}`, 'with onFault it is left out')
  onFault(name, reason)
}

/** Batches of an epoch; what cannot be read leaves a batch smaller, so that those after it stay what they are. */
async function* batchesOf(
  pictures: readonly Labelled[],
  epoch: number,
  first: number,
  options: FolderOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { preparation = {}, batchSize = 32, shuffle = true, seed = 0, threads = 1 } = options
  const count = pictures.length
  const order = shuffle ? shuffled(count, mixed(seed, epoch)) : Array.from({ length: count }, (_, i) => i)
  const left = order.slice(first * batchSize).map((i) => pictures[i]!)
  const decoders = startDecoders(threads)
  try {
    let batch: Prepared<Labelled>[] = []
    let taken = 0
    for await (const [item, decoded] of decodedAhead(left, { view: preparation }, decoders)) {
      taken++
      if ('fault' in decoded) atFault(options, item.name, decoded.fault)
      else batch.push({ item, ...decoded })
      if (taken % batchSize > 0 && taken < left.length) continue
      if (batch.length > 0 || options.onFault === undefined) yield joinedOf(batch)
      batch = []
    }
  } finally {
    await decoders.close()
  }
}

function joinedOf(batch: readonly Prepared<Labelled>[]): Batch {
  if (batch.length === 0) throw mistake('folderOf', 'no picture of a whole batch could be read')
  if (batch.some(({ shape }) => String(shape) !== String(batch[0]!.shape))) {
    throw mistake('folderOf', 'pictures of a batch have several sizes — expected a preparation with a size')
  }
  const { images, items } = joined(batch)
  return { images, labels: items.map(({ label }) => label) }
}
