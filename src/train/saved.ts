/** A training run as one safetensors file: parameters, optimiser, averages, and where it was. */
import { describedIn } from '../checkpoint/described.ts'
import { readSafetensors } from '../checkpoint/read.ts'
import { writeSafetensors } from '../checkpoint/write.ts'
import { contiguous } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { allParameters, type Module } from '../nn/module.ts'
import { kind } from '../nn/options.ts'
import { matched } from '../nn/state.ts'
import { toNdarray } from '../ops/array.ts'
import type { Ema } from './ema.ts'
import type { Optimizer } from './optimizer.ts'
import { mistake } from './refuse.ts'

/** Where a run is: all that is random in it follows from its seed and these numbers. */
export interface Position {
  /** Steps that were made. */
  readonly step: number
  readonly epoch: number
  /** Batches of the epoch that were learned from. */
  readonly batch: number
  readonly seed: number
  /** The best evaluation, and how many epochs ago it was; NaN where there was none. */
  readonly best: number
  readonly since: number
}

const fields = ['step', 'epoch', 'batch', 'seed', 'best', 'since'] as const

export interface Run {
  readonly model: Module
  readonly optimizer: Optimizer
  readonly ema: Ema | null
}

/** The file of a run. */
export function savedRun({ model, optimizer, ema }: Run, position: Position): Uint8Array {
  const { step, tensors } = optimizer.state
  const place = Float64Array.from([step, ...fields.map((field) => position[field])])
  return writeSafetensors(
    {
      ...prefixed('model.', model.stateDict()),
      ...prefixed('optimizer.', tensors),
      ...prefixed('ema.', ema?.state ?? {}),
      'run.position': toNdarray({ data: place, ...contiguous([place.length]) }),
    },
    { format: 'tesserae training run' },
  )
}

/**
 * Brings a run to where a file says it was.
 *
 * @throws {EinopsError} when the file is none of such a run, or of another model; what fits was not loaded then
 */
export function restoreRun({ model, optimizer, ema }: Run, bytes: Uint8Array, seed?: number): Position {
  const tensors = readSafetensors(bytes) as Record<string, NdArray<Data>>
  const place = tensors['run.position']
  if (place?.data.length !== fields.length + 1)
    throw mistake('fit', 'the checkpoint is not of a training run')
  const [steps, ...values] = Array.from(place.data as ArrayLike<number>)
  const at = Object.fromEntries(fields.map((field, i) => [field, values[i]!])) as unknown as Position
  const counts = [steps, at.step, at.epoch, at.batch, at.since]
  if (!counts.every((count) => kind.count.has(count)) || !kind.seed.has(at.seed))
    throw mistake('fit', "the checkpoint's place in the run is none: the file is damaged")
  if (seed !== undefined && seed !== at.seed)
    throw mistake('fit', `the checkpoint's seed is another — got ${seed}, it has ${at.seed}`)
  const floats = (prefix: string) => unprefixed(prefix, tensors) as Record<string, NdArray<Float32Array>>
  const averages = floats('ema.')
  if (ema !== null && Object.keys(averages).length === 0) {
    throw mistake('fit', 'the checkpoint has no averages of weights, and the run has')
  }
  matched(
    `${model.constructor.name}.loadStateDict`,
    new Map(allParameters(model)),
    describedIn(floats('model.')),
  )
  const goOn = [optimizer.prepared({ step: steps!, tensors: floats('optimizer.') }), ema?.prepared(averages)]
  model.loadStateDict(floats('model.'))
  for (const change of goOn) change?.()
  return at
}

function prefixed<T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]))
}

function unprefixed<T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> {
  const own = Object.entries(record).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]))
}
