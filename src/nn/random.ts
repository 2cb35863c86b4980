/**
 * Random numbers for initial parameters and dropout: MT19937 of pure-rand, whose seeding makes neighbouring seeds
 * independent, and the distributions that pure-rand leaves out. Everything random in a process follows from one seed
 * in the order in which layers are made, unless a layer is given a seed of its own.
 */

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { erfc } from '../gemm/erf.ts'
import { show } from '../layout/show.ts'
import { kind } from '../ops/kinds.ts'
import { expectOption } from './check.ts'

let next = 0

/**
 * Sets the seed that every later layer without one of its own follows; 0 when the process starts.
 *
 * @throws {EinopsError} when it is no whole number
 *
 * @example
 * manualSeed(7)
 * const a = new Linear(2, 2)
 * manualSeed(7)
 * const b = new Linear(2, 2)
 * a.weight.array.get(1, 1) === b.weight.array.get(1, 1) // → true
 */
export function manualSeed(seed: number): void {
  const holds = kind.seed.has(seed)
  expectOption('manualSeed', holds, `seed is no seed — got ${show(seed)}, expected ${kind.seed.expected}`)
  next = seed
}

/** A seed that no layer has had since the last `manualSeed`. */
export function nextSeed(): number {
  return next++
}

/** A stream of random numbers. */
export class Random {
  readonly #seed: number
  // seeding takes longer than what a model in evaluation mode, which draws nothing, has to do with it
  #generator: RandomGenerator | undefined

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Evenly distributed in [low, high). */
  uniform(low = 0, high = 1): number {
    this.#generator ??= mersenne(this.#seed)
    return low + (high - low) * uniformFloat64(this.#generator)
  }

  /** Normally distributed, by Marsaglia's polar method; the pair's second number is dropped for simplicity. */
  normal(mean = 0, std = 1): number {
    for (;;) {
      const u = this.uniform(-1, 1)
      const v = this.uniform(-1, 1)
      const square = u * u + v * v
      if (square > 0 && square < 1) return mean + std * u * Math.sqrt((-2 * Math.log(square)) / square)
    }
  }

  /** Normally distributed under the condition of lying in [low, high]. */
  truncatedNormal(mean: number, std: number, low: number, high: number): number {
    const from = (low - mean) / std
    const to = (high - mean) / std
    const probability = 0.5 * (erfc(from * Math.SQRT1_2) - erfc(to * Math.SQRT1_2))
    for (;;) {
      const z = probability > 0.25 ? this.normal() : this.#tailProposal(from, to)
      if (z >= from && z <= to) return mean + std * z
    }
  }

  /** A point of [from, to] kept with a probability proportional to its density; NaN if it was not kept. */
  #tailProposal(from: number, to: number): number {
    const mode = Math.max(from, Math.min(0, to))
    // nine deviations beyond the mode the density is below the resolution of a double
    const z = this.uniform(Math.max(from, mode - 9), Math.min(to, mode + 9))
    return this.uniform() < Math.exp((mode * mode - z * z) / 2) ? z : Number.NaN
  }
}

/**
 * The random numbers of one step of learning: the stream of each layer follows from a seed, the step, and the layer's place among those that draw in it. So
 * a run that goes on after it was stopped draws what it would have drawn, and a part of a model that is computed again draws the same again.
 */
export class Course {
  readonly #seed: number
  readonly #step: number
  readonly #places = new Map<object, number>()
  /** How often each layer has drawn. */
  #calls = new Map<object, number>()

  constructor(seed: number, step: number) {
    this.#seed = seed
    this.#step = step
  }

  /** The seed of what a layer draws, a new one each time. */
  seedOf(layer: object): number {
    const place = this.#places.get(layer) ?? this.#places.size
    const call = this.#calls.get(layer) ?? 0
    this.#places.set(layer, place)
    this.#calls.set(layer, call + 1)
    return mixed(this.#seed, this.#step, place, call)
  }

  /** Makes a function that computes again what is computed from here on, with the same random numbers. */
  again<T>(compute: () => T): () => T {
    const calls = new Map(this.#calls)
    return () => {
      const now = this.#calls
      this.#calls = new Map(calls)
      try {
        return compute()
      } finally {
        this.#calls = now
      }
    }
  }
}

let course: Course | null = null

/** The course that is taken now. */
export function currentCourse(): Course | null {
  return course
}

/** Computes a step of learning. */
export function onCourse<T>(own: Course, compute: () => T): T {
  const before = course
  course = own
  try {
    return compute()
  } finally {
    course = before
  }
}

/** A seed of several numbers, which neighbours do not share: the finaliser of MurmurHash3 after each. */
export function mixed(...numbers: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash | 0
}
