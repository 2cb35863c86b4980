/** Prepared pictures side by side in arrays that models take. */
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'

/** A prepared picture [1, c, h, w], and whose it is. */
export interface Prepared<Item> {
  readonly item: Item
  readonly data: Float32Array
  readonly shape: readonly number[]
}

export interface PreparedBatch<Item> {
  readonly items: readonly Item[]
  /** [b, c, h, w] */
  readonly images: NdArray<Float32Array>
}

/** Batches of `size` pictures and a last one of the rest, in their order; those of another shape begin a batch of their own. */
export async function* inBatches<Item>(
  pictures: AsyncIterable<Prepared<Item>>,
  size: number,
): AsyncGenerator<PreparedBatch<Item>, void, undefined> {
  let batch: Prepared<Item>[] = []
  for await (const picture of pictures) {
    if (batch.length === size || (batch.length > 0 && String(batch[0]!.shape) !== String(picture.shape))) {
      yield joined(batch)
      batch = []
    }
    batch.push(picture)
  }
  if (batch.length > 0) yield joined(batch)
}

/** Pictures of one shape, side by side. */
export function joined<Item>(batch: readonly Prepared<Item>[]): PreparedBatch<Item> {
  const shape = [batch.length, ...batch[0]!.shape.slice(1)]
  const data = new Float32Array(sizeOf(shape))
  for (const [i, picture] of batch.entries()) data.set(picture.data, i * picture.data.length)
  return { items: batch.map(({ item }) => item), images: toNdarray({ ...contiguous(shape), data }) }
}
