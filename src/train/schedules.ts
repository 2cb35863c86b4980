/** Schedules: functions that say the learning rate of each step, counted from 0. */
import { expectOptions, type Kinds, kind, needed } from '../nn/options.ts'
import { mistake } from './refuse.ts'

/** The learning rate of a step. */
export type Schedule = (step: number) => number

export interface ConstantScheduleOptions {
  readonly lr: number
  /** How many steps the rate takes to grow to `lr`; 0 if not given. */
  readonly warmup?: number | undefined
}

export interface CosineScheduleOptions extends ConstantScheduleOptions {
  /** How many steps there are in all. */
  readonly steps: number
  /** Where the rate ends; 0 if not given. */
  readonly min?: number | undefined
}

export interface StepScheduleOptions extends ConstantScheduleOptions {
  /** After so many steps the rate drops, and again and again. */
  readonly every: number
  /** To this part of what it was; 0.1 if not given, as in PyTorch. */
  readonly gamma?: number | undefined
}

const constantKinds: Kinds<ConstantScheduleOptions> = { lr: needed(kind.number), warmup: kind.count }
const cosineKinds: Kinds<CosineScheduleOptions> = {
  ...constantKinds,
  steps: needed(kind.length),
  min: kind.number,
}
const stepKinds: Kinds<StepScheduleOptions> = {
  ...constantKinds,
  every: needed(kind.length),
  gamma: kind.number,
}

/**
 * Always the same rate, after a linear warm-up.
 *
 * @example
 * constantSchedule({ lr: 0.1, warmup: 2 })(0) // → 0.05
 */
export function constantSchedule(options: ConstantScheduleOptions): Schedule {
  expectOptions('constantSchedule', options, constantKinds)
  const { lr, warmup = 0 } = options
  return (step) => (step < warmup ? (lr * (step + 1)) / warmup : lr)
}

/**
 * Half a cosine from `lr` down to `min`, after a linear warm-up (Loshchilov and Hutter, arXiv:1608.03983).
 *
 * @example
 * const rate = cosineSchedule({ lr: 1, steps: 12, warmup: 2 })
 * rate(1) // → 1
 * rate(7) // → 0.5
 */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  expectOptions('cosineSchedule', options, cosineKinds)
  const { lr, steps, warmup = 0, min = 0 } = options
  if (warmup > steps)
    throw mistake('cosineSchedule', `the warm-up is longer than the run — got ${warmup} of ${steps} steps`)
  return (step) => {
    if (step < warmup) return (lr * (step + 1)) / warmup
    const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
    return min + (lr - min) * 0.5 * (1 + Math.cos(Math.PI * done))
  }
}

/**
 * The rate drops to a part of what it was every so many steps, after a linear warm-up.
 *
 * @example
 * stepSchedule({ lr: 1, every: 10, gamma: 0.5 })(25) // → 0.25
 */
export function stepSchedule(options: StepScheduleOptions): Schedule {
  expectOptions('stepSchedule', options, stepKinds)
  const { lr, every, gamma = 0.1, warmup = 0 } = options
  return (step) => (step < warmup ? (lr * (step + 1)) / warmup : lr * gamma ** Math.floor(step / every))
}
