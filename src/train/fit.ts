/** The loop: batches, gradients, steps, and between them everything that one wants to see or do. */
import { readIfThere, replaceFile } from '#file'
import { EinopsError } from '../../grammar/error.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import { messageOf } from '../layout/realms.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { expectModule } from '../nn/expect-module.ts'
import type { Module } from '../nn/module.ts'
import { expectOptions, type Kinds, kind } from '../nn/options.ts'
import { Course, mixed, onCourse, Random } from '../nn/random.ts'
import { type Batch, batchesOf, checked, type TrainingData } from './batches.ts'
import type { Ema } from './ema.ts'
import { binaryCrossEntropy, cosine, crossEntropy, mse } from './losses.ts'
import { adamw, clipNorm, type Gradients, type Optimizer } from './optimizer.ts'
import { mistake } from './refuse.ts'
import { type Position, restoreRun, savedRun } from './saved.ts'
import type { Schedule } from './schedules.ts'
import { type ValueAndGradients, valueAndGradients } from './value-and-gradients.ts'

/** Where checkpoints are kept, where that is no file. */
export interface CheckpointStore {
  read(): Promise<Uint8Array | null>
  write(bytes: Uint8Array): Promise<void>
}

export interface FitOptions {
  /** How often the data are gone through; 1 if not given. */
  readonly epochs?: number | undefined
  /** Of arrays, how many pictures a batch has; 32 if not given. */
  readonly batchSize?: number | undefined
  /** Whether arrays are taken in a new order each epoch; true if not given. */
  readonly shuffle?: boolean | undefined
  /** What everything random follows from: orders, augmentation, dropout; 0 if not given. */
  readonly seed?: number | undefined
  /** `adamw(model)` if not given. */
  readonly optimizer?: Optimizer | undefined
  /** The learning rate of each step; the optimiser's if not given. */
  readonly schedule?: Schedule | undefined
  /** The loss of a batch; the cross entropy of `model.forward(images)` if not given. */
  readonly loss?: ((model: Module, batch: Batch) => NdArray<Data>) | undefined
  /** Label smoothing of the loss that is used if none is given. */
  readonly smoothing?: number | undefined
  /** What the norm of all gradients is clipped to; not at all if not given. */
  readonly clip?: number | undefined
  /** Makes another batch of each, by random numbers that follow from the seed and the step. */
  readonly augment?: ((batch: Batch, random: Random) => Batch) | undefined
  /** Averages that follow the model; evaluations are of these then. */
  readonly ema?: Ema | undefined
  /** After each epoch: how good the model is, higher being better. */
  readonly evaluate?: ((model: Module) => number | Promise<number>) | undefined
  /** Ends after so many epochs in which the evaluation did not get better. */
  readonly patience?: number | undefined
  /** A file's path, or a store: written after each epoch, and every `checkpointEvery` steps. What is there is gone on from. */
  readonly checkpoint?: string | CheckpointStore | undefined
  readonly checkpointEvery?: number | undefined
  /** Keeps of each block only its input, and computes it again on the way back. */
  readonly recompute?: boolean | undefined
  /** Of an AbortController: ends after the step under way. */
  readonly signal?: { readonly aborted: boolean } | undefined
}

const isFunction = { expected: 'a function', has: (value: unknown) => typeof value === 'function' }
const isObject = {
  expected: 'an object',
  has: (value: unknown) => typeof value === 'object' && value !== null,
}
/** What has some methods. */
const having = (expected: string, ...methods: readonly string[]) => ({
  expected,
  has: (value: unknown) => methods.every((name) => typeof Object(value)[name] === 'function'),
})
const store = having('a path, or { read, write }', 'read', 'write')
const isStore = { ...store, has: (value: unknown) => typeof value === 'string' || store.has(value) }

/** What may be given for a loss of a model and a batch by mistake. */
const losses = new Set<unknown>([binaryCrossEntropy, cosine, crossEntropy, mse])

const kinds: Kinds<FitOptions> = {
  epochs: kind.count,
  batchSize: kind.length,
  shuffle: kind.flag,
  seed: kind.seed,
  optimizer: having('what adamw or sgd makes', 'step', 'prepared'),
  schedule: isFunction,
  loss: isFunction,
  smoothing: kind.share,
  clip: kind.number,
  augment: isFunction,
  ema: having('what ema makes', 'update', 'use', 'prepared'),
  evaluate: isFunction,
  patience: kind.length,
  checkpoint: isStore,
  checkpointEvery: kind.length,
  recompute: kind.flag,
  signal: isObject,
}

/** What one step of a run came to. */
export interface Progress {
  /** Counted from 0, as epochs are. */
  readonly step: number
  readonly epoch: number
  readonly loss: number
  readonly lr: number | undefined
  /** Of all gradients together, before clipping. */
  readonly gradNorm: number
  readonly picturesPerSecond: number
  /** After the last step of an epoch, what `evaluate` gave. */
  readonly evaluation?: number
}

/**
 * Trains a model, step by step: whoever goes through the steps (`for await`) decides when the next one is made, so that a page stays alive; without, nothing is learned. A run that was stopped and
 * has a checkpoint goes on with the same bits, on the same engine, as if it had not been.
 *
 * @param model is put into training mode, and into evaluation mode at the end
 * @param data arrays { images, labels }, or batches of them
 * @throws {EinopsError} when an option or a batch is not what it should be
 * @throws CheckpointError when `checkpoint` cannot be read, or, before the first step, when nothing can be written into its folder
 *
 * @example
 * const model = new Sequential(new Rearrange('b c h w -> b (c h w)'), new Linear(4, 2))
 * const images = ndarray(Float32Array.from({ length: 32 }, (_, i) => i % 8), [8, 1, 2, 2])
 * const losses = []
 * for await (const { loss } of fit(model, { images, labels: [0, 1, 0, 1, 0, 1, 0, 1] }, { epochs: 3, batchSize: 4 })) losses.push(loss)
 * losses.length // → 6
 */
export async function* fit(
  model: Module,
  data: TrainingData,
  options: FitOptions = {},
): AsyncGenerator<Progress, void, void> {
  expectModule('fit', model)
  if (typeof options === 'object' && options !== null && 'lr' in options)
    throw mistake(
      'fit',
      'lr is no option',
      "the learning rate is the optimiser's: optimizer: adamw(model, { lr })",
    )
  expectOptions('fit', options, kinds)
  const { epochs = 1, batchSize = 32, shuffle = true, patience, evaluate, signal, checkpointEvery } = options
  if (patience !== undefined && evaluate === undefined)
    throw mistake('fit', 'patience waits for a better evaluation, and there is no evaluate')
  if (losses.has(options.loss))
    throw mistake(
      'fit',
      'loss is a loss of answers, expected one of a model and a batch',
      '(model, { images, labels }) => mse(model.forward(images), labels), for example; crossEntropy is so used if none is given',
    )
  const run: Running = { model, optimizer: options.optimizer ?? adamw(model), ema: options.ema ?? null }
  const store = storeOf(options.checkpoint)
  let at: Position = { step: 0, epoch: 0, batch: 0, seed: options.seed ?? 0, best: Number.NaN, since: 0 }
  const kept = await store?.read()
  if (kept) {
    at = resumed(run, kept, options)
  }
  const isOver = () => patience !== undefined && at.since >= patience
  try {
    while (at.epoch < epochs && !isOver()) {
      let last: Progress | null = null
      const cut = { batchSize, shuffle, seed: at.seed }
      for await (const batch of batchesOf(data, at.epoch, at.batch, cut)) {
        // the last step of an epoch is told together with the evaluation
        if (last !== null) yield last
        if (signal?.aborted) return
        last = learned(run, batch, at, options)
        at = { ...at, step: at.step + 1, batch: at.batch + 1 }
        if (checkpointEvery !== undefined && at.step % checkpointEvery === 0)
          await store?.write(savedRun(run, at))
      }
      const evaluation = await evaluated(run, evaluate)
      // no number is better than none
      const isFirst = Number.isNaN(at.best) && !Number.isNaN(evaluation)
      const isBetter = evaluation !== undefined && (isFirst || evaluation > at.best)
      at = {
        ...{ step: at.step, epoch: at.epoch + 1, batch: 0, seed: at.seed },
        best: isBetter ? evaluation : at.best,
        since: isBetter ? 0 : at.since + 1,
      }
      await store?.write(savedRun(run, at))
      if (last !== null) yield evaluation === undefined ? last : { ...last, evaluation }
      if (signal?.aborted) return
    }
  } finally {
    model.eval()
  }
}

/** What learns, and the gradients of the step before, to whose arrays the next ones are written. */
interface Running {
  readonly model: Module
  readonly optimizer: Optimizer
  readonly ema: Ema | null
  gradients?: ValueAndGradients['gradients']
}

/** Where the run of a checkpoint is; what does not fit is said of that checkpoint, which nobody has asked to be loaded. */
function resumed(run: Running, kept: Uint8Array, { checkpoint, seed }: FitOptions): Position {
  try {
    return restoreRun(run, kept, seed)
  } catch (error) {
    const file = typeof checkpoint === 'string' ? checkpoint : 'the checkpoint'
    const isOther = error instanceof EinopsError && error.operation !== 'fit'
    if (isOther) throw mistake('fit', `${file}: holds a run that cannot be gone on with — ${error.what}`)
    if (!(error instanceof CheckpointError)) throw error
    const what = `holds a run that this model cannot go on with — ${error.what}`
    throw new CheckpointError({
      code: error.code,
      operation: 'fit',
      file,
      what,
      values: error.values,
      cause: error,
    })
  }
}

/** One step of learning. */
function learned(run: Running, given: Batch, { step, epoch, seed }: Position, options: FitOptions): Progress {
  const { loss = defaultLoss(options.smoothing), schedule, clip, augment, recompute = false } = options
  const { model, optimizer, ema } = run
  const started = performance.now()
  const batch = augment === undefined ? given : checked(augment(given, new Random(mixed(seed, step, -1))))
  model.train()
  const { value, gradients } = onCourse(new Course(seed, step), () =>
    valueAndGradients(model, () => loss(model, batch), { checkpoint: recompute, out: run.gradients }),
  )
  run.gradients = gradients
  const gradNorm = clipNorm(gradients as Gradients, clip ?? Number.POSITIVE_INFINITY)
  const lr = schedule?.(step)
  optimizer.step(gradients, lr === undefined ? {} : { lr })
  ema?.update()
  const seconds = (performance.now() - started) / 1000
  return { step, epoch, loss: value, lr, gradNorm, picturesPerSecond: batch.images.shape[0]! / seconds }
}

function defaultLoss(smoothing: number = 0) {
  return (model: Module, { images, labels }: Batch): NdArray<Data> =>
    crossEntropy(model.forward(images), labels, { smoothing })
}

async function evaluated(
  { model, ema }: { model: Module; ema: Ema | null },
  evaluate: FitOptions['evaluate'],
): Promise<number | undefined> {
  if (evaluate === undefined) return undefined
  model.eval()
  return ema === null ? evaluate(model) : ema.use(() => evaluate(model))
}

function storeOf(checkpoint: FitOptions['checkpoint']): CheckpointStore | undefined {
  if (typeof checkpoint !== 'string') return checkpoint
  const refused = (cause: unknown): never => {
    const what = messageOf(cause)
    throw new CheckpointError({ ...{ code: 'file/open', operation: 'fit', file: checkpoint }, what, cause })
  }
  return {
    read: () => readIfThere(checkpoint).catch(refused),
    write: (bytes) => replaceFile(checkpoint, bytes).catch(refused),
  }
}
