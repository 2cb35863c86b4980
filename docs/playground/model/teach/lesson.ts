/**
 * How the model is taught: `tesserae/train`'s loop over batches in which every class is as frequent, each example turned,
 * moved, scaled and slanted anew, so that a few are enough.
 */
import type { NdArray } from 'ndarray'
import type { VisionTransformer } from 'tesserae/nn'
import {
  adamw,
  type Batch,
  cosineSchedule,
  fit,
  type Progress,
  Random,
  randomAffine,
  withoutDecay,
} from 'tesserae/train'
import { arrayOf } from '../library.ts'
import { side } from './example.ts'
import { steps } from './lesson-plan.ts'

export interface Lesson {
  /** Each [3, 28, 28]. */
  readonly examples: readonly Float32Array[]
  /** The class of each. */
  readonly labels: readonly number[]
  readonly classes: number
  readonly seed: number
}

const batchSize = 16
const lr = 2e-3

/** Makes one step after the other; the model is of so many classes. */
export function learn(
  model: VisionTransformer,
  lesson: Lesson,
  signal?: AbortSignal,
): AsyncIterable<Progress> {
  return fit(model, batches(lesson), {
    seed: lesson.seed,
    optimizer: adamw(model, { lr, weightDecay: 0.05, groups: withoutDecay }),
    schedule: cosineSchedule({ lr, steps, warmup: 20, min: lr / 20 }),
    clip: 1,
    augment: ({ images, labels }, random) => ({
      images: randomAffine(images as NdArray<Float32Array>, random, {
        ...{ degrees: 15, translate: 0.1, scale: [0.8, 1.2], shear: 8, fill: 1 },
      }),
      labels,
    }),
    signal,
  })
}

function* batches({ examples, labels, classes, seed }: Lesson): Generator<Batch> {
  const random = new Random(seed)
  const size = 3 * side * side
  const ofClass = Array.from({ length: classes }, (_, kind) => examples.filter((_, i) => labels[i] === kind))
  for (let step = 0; step < steps; step++) {
    const images = new Float32Array(batchSize * size)
    const asked = Array.from({ length: batchSize }, (_, i) => (step * batchSize + i) % classes)
    for (const [i, kind] of asked.entries()) {
      const own = ofClass[kind]!
      images.set(own[Math.floor(random.uniform() * own.length)]!, i * size)
    }
    yield { images: arrayOf(images, [batchSize, 3, side, side]), labels: asked }
  }
}
