/** What a model learns from: arrays, cut into batches in an order that a seed says, or batches that come from anywhere. */

import { materialize } from '../copy/copy.ts'
import { contiguous, isContiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { mixed, Random } from '../nn/random.ts'
import { asTensor, toNdarray } from '../ops/array.ts'
import { mistake } from './refuse.ts'

/** Pictures [b, c, h, w], and what is to be said of them: classes, or probabilities [b, classes]. */
export interface Batch {
  readonly images: NdArray<Float32Array>
  readonly labels: NdArray<Data> | readonly number[]
}

/** Batches that are made anew for each epoch, from number `first` on. */
export interface BatchSource {
  batches(epoch: number, first: number): AsyncIterable<Batch>
}

/** Pictures to learn from: all of them, or a folder of them, or batches, or a function that gives the batches of an epoch. */
export type TrainingData =
  | Batch
  | BatchSource
  | Iterable<Batch>
  | AsyncIterable<Batch>
  | ((epoch: number) => Iterable<Batch> | AsyncIterable<Batch>)

export interface BatchOptions {
  readonly batchSize: number
  readonly shuffle: boolean
  readonly seed: number
}

/** The batches of an epoch from number `first` on. */
export async function* batchesOf(
  data: TrainingData,
  epoch: number,
  first: number,
  options: BatchOptions,
): AsyncGenerator<Batch> {
  if (isBatch(data)) {
    yield* cut(data, epoch, first, options)
    return
  }
  if (isSource(data)) {
    for await (const batch of data.batches(epoch, first)) yield checked(batch)
    return
  }
  const source = typeof data === 'function' ? data(epoch) : data
  if (!isIterable(source))
    throw mistake('fit', `the data are no { images, labels } and no batches of them — got ${show(source)}`)
  let index = 0
  for await (const batch of source) if (index++ >= first) yield checked(batch)
}

function isIterable(source: unknown): boolean {
  return (
    typeof source === 'object' &&
    source !== null &&
    (Symbol.iterator in source || Symbol.asyncIterator in source)
  )
}

export const isBatch = (data: unknown): data is Batch =>
  typeof data === 'object' && data !== null && 'images' in data

const isSource = (data: TrainingData): data is BatchSource =>
  typeof data === 'object' && data !== null && 'batches' in data && typeof data.batches === 'function'

export function checked(batch: Batch): Batch {
  if (typeof batch !== 'object' || batch === null || !('images' in batch) || !('labels' in batch)) {
    throw mistake('fit', `a batch is { images, labels } — got ${show(batch)}`)
  }
  const images = asTensor(batch.images, 'fit', "the array of a batch's images")
  const [count] = images.shape
  const labels = Array.isArray(batch.labels)
    ? batch.labels.length
    : asTensor(batch.labels as NdArray<Data>, 'fit', 'the list of labels').shape[0]
  if (count === labels) return batch
  throw mistake('fit', `a batch has another number of labels than of images — got ${labels} and ${count}`)
}

function* cut(data: Batch, epoch: number, first: number, { batchSize, shuffle, seed }: BatchOptions) {
  const given = checked(data)
  const images = inOrder(given.images)
  const labels = Array.isArray(given.labels) ? given.labels : inOrder(given.labels as NdArray<Data>)
  const count = images.shape[0]!
  const order = shuffle ? shuffled(count, mixed(seed, epoch)) : Array.from({ length: count }, (_, i) => i)
  for (let start = first * batchSize; start < count; start += batchSize) {
    const numbers = order.slice(start, start + batchSize)
    yield {
      images: rowsOf(images, numbers) as NdArray<Float32Array>,
      labels: Array.isArray(labels) ? numbers.map((i) => labels[i]!) : rowsOf(labels as Tensor, numbers),
    }
  }
}

/** Fisher's and Yates' shuffle. */
export function shuffled(count: number, seed: number): number[] {
  const random = new Random(seed)
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1))
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** The array itself where its elements stand in row-major order, else a copy. */
function inOrder(x: Tensor): Tensor {
  return isContiguous(x) ? x : { ...contiguous(x.shape), data: materialize(x).data }
}

/** Some rows of an array, copied. */
function rowsOf(x: Tensor, numbers: readonly number[]): NdArray<Data> {
  const { data, shape, offset } = x as Tensor<Float32Array>
  const size = sizeOf(shape.slice(1))
  const rows = new (data.constructor as new (length: number) => Float32Array)(numbers.length * size)
  for (const [i, number] of numbers.entries()) {
    rows.set(data.subarray(offset + number * size, offset + (number + 1) * size), i * size)
  }
  return toNdarray({ data: rows, ...contiguous([numbers.length, ...shape.slice(1)]) })
}
