/** A head for features that are there: multinomial logistic regression, a matter of seconds. */
import { contiguous } from '../../layout/layout.ts'
import type { NdArray } from '../../layout/tensor.ts'
import { Linear } from '../../nn/linear.ts'
import { toNdarray } from '../../ops/array.ts'
import { fit } from '../../train/fit.ts'
import { adamw } from '../../train/optimizer.ts'
import { cosineSchedule } from '../../train/schedules.ts'

/** A row of features [variants, d] for each example, and the number of its class. */
export interface Labels {
  readonly rows: readonly Float32Array[]
  readonly labels: readonly number[]
}

export interface HeadOptions {
  readonly dim: number
  readonly classes: number
  readonly epochs: number
  readonly seed: number
}

const BATCH = 32
const LR = 5e-3
const DECAY = 3

/** Learns a head [classes, d] from all variants of all examples; it takes features as they are. */
export async function learnHead(
  { rows, labels }: Labels,
  { dim, classes, epochs, seed }: HeadOptions,
): Promise<Linear> {
  const { mean, scale } = spreadOf(rows, dim)
  const variants = rows[0]!.length / dim
  const count = rows.length * variants
  const data = new Float32Array(count * dim)
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < row.length; j++)
      data[i * row.length + j] = (row[j]! - mean[j % dim]!) * scale[j % dim]!
  }
  const head = new Linear(dim, classes, { init: 'zeros' })
  const steps = epochs * Math.ceil(count / BATCH)
  const run = fit(
    head,
    {
      images: toNdarray({ ...contiguous([count, dim]), data }),
      labels: labels.flatMap((label) => new Array<number>(variants).fill(label)),
    },
    {
      ...{ epochs, seed, batchSize: BATCH, schedule: cosineSchedule({ lr: LR, steps }) },
      optimizer: adamw(head, { lr: LR, weightDecay: DECAY }),
    },
  )
  for await (const { loss } of run) {
    if (!Number.isFinite(loss)) throw new Error('internal: the loss of a head is no number')
  }
  return takingBack(head, mean, scale)
}

/** Mean of each feature, and what makes its standard deviation 1. */
function spreadOf(rows: readonly Float32Array[], dim: number) {
  const mean = new Float64Array(dim)
  const square = new Float64Array(dim)
  const count = (rows.length * rows[0]!.length) / dim
  for (const row of rows) for (let j = 0; j < row.length; j++) mean[j % dim]! += row[j]! / count
  for (const row of rows) {
    for (let j = 0; j < row.length; j++) square[j % dim]! += (row[j]! - mean[j % dim]!) ** 2 / count
  }
  return { mean, scale: square.map((value) => 1 / Math.sqrt(value + 1e-12)) }
}

/** The same head for features that are not shifted and scaled before it: W (x − m) s + b. */
function takingBack(head: Linear, mean: Float64Array, scale: Float64Array): Linear {
  const [weight, bias] = [head.weight.copy(), head.bias!.copy()]
  const dim = mean.length
  for (let i = 0; i < weight.length; i++) {
    weight[i] = weight[i]! * scale[i % dim]!
    bias[Math.floor(i / dim)]! -= weight[i]! * mean[i % dim]!
  }
  head.loadStateDict({
    weight: toNdarray({ ...contiguous(head.weight.shape), data: weight }),
    bias: toNdarray({ ...contiguous(head.bias!.shape), data: bias }),
  })
  return head
}

/** What a head answers to the first variant of each row: logits [n, classes]. */
export function answersOf(head: Linear, rows: readonly Float32Array[]): NdArray<Float32Array> {
  const dim = head.inFeatures
  const data = new Float32Array(rows.length * dim)
  for (const [i, row] of rows.entries()) data.set(row.subarray(0, dim), i * dim)
  return head.forward(toNdarray({ ...contiguous([rows.length, dim]), data }))
}
