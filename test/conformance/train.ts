/** Replays whole training runs recorded from PyTorch: loss and gradient norm at every step, and how many test digits are right at the end. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import ndarray from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import { ViT } from 'tesserae/nn'
import { clipNorm, cosineSchedule, crossEntropy, valueAndGradients } from 'tesserae/train'
import { argmaxOfRows } from './argmax.ts'
import type { Outcome } from './outcome.ts'
import type { FloatArray } from './vit.ts'
import { optionsOf } from './vit-classes.ts'
import { optimizerOf } from './vit-gradients.ts'

interface Run {
  readonly model: Readonly<Record<string, unknown>>
  readonly optimizer: { readonly name: string } & Readonly<Record<string, unknown>>
  readonly steps: number
  readonly warmup: number
  readonly clip_grad_norm: number
  readonly label_smoothing: number
  readonly order: readonly (readonly number[])[]
  readonly loss: readonly number[]
  readonly grad_norm: readonly number[]
  readonly right_of_2000: number
}

const rtol = 1e-4
const digitsApart = 3

/** Every run of a folder; the digits stand beside the vectors. */
export function* replayTraining(folder: string): Generator<Outcome> {
  const digits = join(folder, '../../data/datasets/mnist')
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue
    const id = name.slice(0, -'.json'.length)
    if (!existsSync(digits)) {
      yield { id, status: 'not comparable', reason: `skipped, the digits are not at ${digits}` }
      continue
    }
    try {
      const problem = replayRun(join(folder, id), readDigits(digits))
      yield problem === undefined ? { id, status: 'passed' } : { id, status: 'failed', reason: problem }
    } catch (error) {
      yield { id, status: 'failed', reason: error instanceof Error ? `${error.stack}` : String(error) }
    }
  }
}

/** What is wrong with a run, if anything. */
function replayRun(path: string, digits: Digits): string | undefined {
  const run: Run = JSON.parse(readFileSync(`${path}.json`, 'utf8'))
  const model = new ViT(optionsOf(run.model) as never)
  model.loadStateDict(readSafetensors(readFileSync(`${path}.safetensors`)))
  model.train()
  const optimizer = optimizerOf(run.optimizer.name, model, run.optimizer)
  const rate = cosineSchedule({ lr: Number(run.optimizer['lr']), steps: run.steps, warmup: run.warmup })
  for (let step = 0; step < run.steps; step++) {
    const { images, labels } = batchOf(digits, run.order[step]!)
    const { value, gradients } = valueAndGradients(model, () =>
      crossEntropy(model.forward(images), labels, { smoothing: run.label_smoothing }),
    )
    const norm = clipNorm(gradients, run.clip_grad_norm)
    optimizer.step(gradients, { lr: rate(step) })
    for (const [what, got, want] of [
      ['loss', value, run.loss[step]!],
      ['gradient norm', norm, run.grad_norm[step]!],
    ] as const) {
      if (!(Math.abs(got - want) <= rtol * Math.abs(want)))
        return `${what} of step ${step} is ${got}, expected ${want}`
    }
  }
  model.eval()
  let right = 0
  for (let start = 8000; start < 10_000; start += 100) {
    const { images, labels } = batchOf(
      digits,
      Array.from({ length: 100 }, (_, i) => start + i),
    )
    for (const [i, answer] of argmaxOfRows(model.forward(images)).entries()) if (answer === labels[i]) right++
  }
  if (Math.abs(right - run.right_of_2000) <= digitsApart) return undefined
  return `${right} digits are right, expected ${run.right_of_2000} ± ${digitsApart}`
}

export interface Digits {
  readonly pixels: Uint8Array
  readonly labels: Uint8Array
}

/** MNIST's test file. */
export function readDigits(folder: string): Digits {
  const read = (name: string) => gunzipSync(readFileSync(join(folder, name)))
  return {
    pixels: read('t10k-images-idx3-ubyte.gz').subarray(16),
    labels: read('t10k-labels-idx1-ubyte.gz').subarray(8),
  }
}

/** Some of the digits: [b, 1, 28, 28], pixels / 255, and their labels. */
export function batchOf(
  { pixels, labels }: Digits,
  numbers: readonly number[],
): { images: FloatArray; labels: number[] } {
  const size = 28 * 28
  const values = new Float32Array(numbers.length * size)
  for (const [i, number] of numbers.entries()) {
    for (let j = 0; j < size; j++) values[i * size + j] = pixels[number * size + j]! / 255
  }
  return {
    images: ndarray(values, [numbers.length, 1, 28, 28]),
    labels: numbers.map((number) => labels[number]!),
  }
}
