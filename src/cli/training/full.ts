/** Learning of all parameters, from a head that has learned already. */
import type { NdArray } from '../../layout/tensor.ts'
import { randomFlip, randomResizedCrop } from '../../train/augment.ts'
import { fit } from '../../train/fit.ts'
import { pictureBatches } from '../../train/folder-of.ts'
import { layerDecay } from '../../train/groups.ts'
import { adamw } from '../../train/optimizer.ts'
import { cosineSchedule } from '../../train/schedules.ts'
import type { Preparation } from '../../vit/preparation.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import type { Meter } from '../progress.ts'
import type { Example } from './data.ts'

export interface FullOptions {
  readonly view: Preparation
  readonly epochs: number
  readonly seed: number
  readonly batch: number
  readonly threads: number
  /** A file in which the run is kept while it lasts. */
  readonly run: string
  readonly meter: Meter
  /** Told after each epoch. */
  readonly told: (epoch: number, loss: number, right: number | undefined) => void
}

const LR = 2e-4
/** The rate of each block is this part of that of the next one. */
const LAYER_DECAY = 0.75

/** Trains all parameters of a model in place. */
export async function learnAll(
  model: VisionTransformer,
  learned: readonly Example[],
  heldBack: readonly Example[],
  { view, epochs, seed, batch, threads, run, meter, told }: FullOptions,
): Promise<void> {
  const perEpoch = Math.ceil(learned.length / batch)
  const steps = epochs * perEpoch
  const source = { preparation: view, batchSize: batch, seed, threads }
  const progress = fit(model, pictureBatches(learned, source), {
    ...{ epochs, seed, clip: 1, smoothing: 0.1 },
    optimizer: adamw(model, { lr: LR, weightDecay: 0.05, groups: layerDecay(model, LAYER_DECAY) }),
    schedule: cosineSchedule({ lr: LR, steps, warmup: Math.min(perEpoch, Math.ceil(steps / 10)) }),
    augment: ({ images, labels }, random) => {
      const cut = randomResizedCrop(images, random, { scale: [0.5, 1] })
      return { images: randomFlip(cut, random), labels }
    },
    ...(heldBack.length > 0 && { evaluate: () => rightOf(model, heldBack, source) }),
    ...{ checkpoint: run, checkpointEvery: 20 },
  })
  let sum = 0
  let count = 0
  for await (const { step, epoch, loss, evaluation } of progress) {
    meter.at(Math.min(epochs * learned.length, (step + 1) * batch))
    sum += loss
    count++
    if (evaluation === undefined && (step + 1) % perEpoch > 0) continue
    told(epoch, sum / count, evaluation)
    sum = 0
    count = 0
  }
}

/** Logits of examples in their order, a batch at a time. */
export async function* answersTo(
  model: VisionTransformer,
  examples: readonly Example[],
  source: Parameters<typeof pictureBatches>[1],
): AsyncGenerator<readonly [logits: NdArray<Float32Array>, labels: readonly number[]]> {
  for await (const { images, labels } of pictureBatches(examples, { ...source, shuffle: false }).batches(
    0,
    0,
  )) {
    yield [model.forward(images), labels as readonly number[]]
  }
}

async function rightOf(
  model: VisionTransformer,
  examples: readonly Example[],
  source: Parameters<typeof pictureBatches>[1],
): Promise<number> {
  let right = 0
  for await (const [logits, labels] of answersTo(model, examples, source)) {
    for (const [i, label] of labels.entries()) {
      const row = Array.from({ length: logits.shape[1]! }, (_, k) => logits.get(i, k))
      if (row.indexOf(Math.max(...row)) === label) right++
    }
  }
  return right
}
