/** Pictures of a batch mixed with others of it, and their labels with them: mixup and CutMix, with timm's defaults. */
import { contiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { expectOptions, type Kinds, kind, needed } from '../nn/options.ts'
import type { Random } from '../nn/random.ts'
import { toNdarray } from '../ops/array.ts'
import { type Images, pictures, type RandomSource, streamOf } from './augment.ts'
import { type Batch, isBatch } from './batches.ts'
import { mistake } from './refuse.ts'

export interface MixOptions {
  /** How many classes there are, where labels are classes. */
  readonly classes: number
  /** How evenly pictures are mixed: Beta(alpha, alpha); 0.8 for mixup and 1 for CutMix if not given, as in timm. */
  readonly alpha?: number | undefined
}

/**
 * Each picture mixed with another of the batch, and its label likewise (Zhang et al., arXiv:1710.09412).
 *
 * @returns a batch whose labels are probabilities [b, classes]
 *
 * @example
 * const batch = { images: ndarray(new Float32Array(8), [2, 1, 2, 2]), labels: [0, 1] }
 * mixup(batch, 5, { classes: 3 }).labels.shape // → [2, 3]
 */
export function mixup(batch: Batch, random: RandomSource, options: MixOptions): Batch {
  const { classes, alpha = 0.8 } = expectMix('mixup', batch, options)
  const stream = streamOf(random)
  const share = beta(alpha, stream)
  const { data, shape, offset } = pictures(batch.images)
  const size = sizeOf(shape.slice(1))
  const result = new Float32Array(shape[0]! * size)
  for (let i = 0; i < shape[0]!; i++) {
    // the batch backwards, as in timm
    const [own, other] = [offset + i * size, offset + (shape[0]! - 1 - i) * size]
    for (let p = 0; p < size; p++)
      result[i * size + p] = share * data[own + p]! + (1 - share) * data[other + p]!
  }
  return {
    images: toNdarray({ data: result, ...contiguous(shape) }),
    labels: mixedLabels(batch, classes, share),
  }
}

/**
 * A rectangle of each picture taken from another of the batch, and its label by the area (Yun et al., arXiv:1905.04899).
 *
 * @returns a batch whose labels are probabilities [b, classes]
 *
 * @example
 * const batch = { images: ndarray(new Float32Array(8), [2, 1, 2, 2]), labels: [0, 1] }
 * cutMix(batch, 5, { classes: 3 }).labels.shape // → [2, 3]
 */
export function cutMix(batch: Batch, random: RandomSource, options: MixOptions): Batch {
  const { classes, alpha = 1 } = expectMix('cutMix', batch, options)
  const stream = streamOf(random)
  const part = Math.sqrt(1 - beta(alpha, stream))
  const { data, shape, offset } = pictures(batch.images)
  const [b, c, h, w] = shape as [number, number, number, number]
  const [y, x] = [Math.floor(stream.uniform() * h), Math.floor(stream.uniform() * w)]
  const side = (middle: number, length: number) => {
    const half = Math.floor((length * part) / 2)
    return [Math.max(0, middle - half), Math.min(length, middle + half)] as const
  }
  const [[top, bottom], [left, right]] = [side(y, h), side(x, w)]
  const size = c * h * w
  const result = data.slice(offset, offset + b * size)
  for (let i = 0; i < b; i++) {
    const other = offset + (b - 1 - i) * size
    for (let channel = 0; channel < c; channel++) {
      for (let row = top; row < bottom; row++) {
        const from = (channel * h + row) * w
        result.set(data.subarray(other + from + left, other + from + right), i * size + from + left)
      }
    }
  }
  const share = 1 - ((bottom - top) * (right - left)) / (h * w)
  return {
    images: toNdarray({ data: result, ...contiguous(shape) }),
    labels: mixedLabels(batch, classes, share),
  }
}

const kinds: Kinds<MixOptions> = {
  classes: needed(kind.length),
  alpha: { expected: 'a number above 0', has: (value) => Number.isFinite(value) && (value as number) > 0 },
}

function expectMix(operation: string, batch: Batch, options: MixOptions): MixOptions {
  if (!isBatch(batch)) throw mistake(operation, `the batch is ${show(batch)}, expected { images, labels }`)
  expectOptions(operation, options, kinds)
  return options
}

/** The probabilities of each sample's classes, mixed with those of the sample as far from the end. */
function mixedLabels({ labels, images }: Batch, classes: number, share: number): Images {
  const b = images.shape[0]!
  const result = new Float32Array(b * classes)
  const probability = (i: number, c: number): number => {
    if (Array.isArray(labels)) return Number(labels[i] === c)
    const array = labels as NdArray
    return array.shape.length === 2 ? array.get(i, c) : Number(array.get(i) === c)
  }
  for (let i = 0; i < b; i++) {
    for (let c = 0; c < classes; c++) {
      result[i * classes + c] = share * probability(i, c) + (1 - share) * probability(b - 1 - i, c)
    }
  }
  return toNdarray({ data: result, ...contiguous([b, classes]) })
}

/** Beta(alpha, alpha), as the share of one of two gamma distributed numbers. */
function beta(alpha: number, random: Random): number {
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)]
  return a + b === 0 ? 0.5 : a / (a + b)
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); below 1 by a power of a uniform number. */
function gamma(alpha: number, random: Random): number {
  if (alpha < 1) return gamma(alpha + 1, random) * random.uniform() ** (1 / alpha)
  const d = alpha - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
