/**
 * Layers that are random in training mode and let everything through otherwise. What they keep is scaled up, so that
 * the expectation stays (Srivastava et al. 2014; stochastic depth: Huang et al., arXiv:1603.09382).
 */

import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { drop } from '../steps/drop.ts'
import { gather } from '../steps/gather.ts'
import type { Value } from '../steps/value.ts'
import { multiply } from '../steps/zip.ts'
import { expectOption, expectRank } from './check.ts'
import { Module } from './module.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'
import { currentCourse, mixed, nextSeed, Random } from './random.ts'

const dropoutOptions = {
  /** The probability of each element to be dropped, 0 to 1; PyTorch's default; 0.5 if not given. */
  p: or(kind.share, 0.5),
  /** Where the random numbers start. */
  seed: kind.seed,
}
const patchDropoutOptions = {
  ...dropoutOptions,
  /** How many tokens before the patches always stay; 1 if not given. */
  numPrefixTokens: or(kind.count, 1),
}

export interface DropoutOptions extends OptionsOf<typeof dropoutOptions> {}
export interface PatchDropoutOptions extends OptionsOf<typeof patchDropoutOptions> {}

/** The seeds of what a layer draws, one after the other; of a step of learning those that belong to it. */
class Seeds {
  readonly #first: number
  #calls = 0

  constructor(first: number | undefined) {
    this.#first = first ?? nextSeed()
  }

  nextOf(layer: Module): number {
    return currentCourse()?.seedOf(layer) ?? mixed(this.#first, this.#calls++)
  }
}

/**
 * Drops single elements in training mode.
 *
 * @example
 * const dropout = new Dropout({ p: 0.5, seed: 1 }).train()
 * const y = dropout.forward(ndarray(new Float32Array(100).fill(1)))
 * y.data.every((value) => value === 0 || value === 2) // → true
 */
export class Dropout extends Module {
  readonly p: number
  readonly #seeds: Seeds

  constructor(options: DropoutOptions = {}) {
    super()
    const { p, seed } = readOptions(this, options, dropoutOptions)
    this.p = p
    this.#seeds = new Seeds(seed)
  }

  /** Whether anything is dropped now. */
  get active(): boolean {
    return this.training && this.p > 0
  }

  override compute(x: Value): Value {
    return this.active ? drop(x, { p: this.p, seed: this.#seeds.nextOf(this) }) : x
  }
}

/**
 * Drops whole samples (what a residual branch gives for them) in training mode.
 *
 * @example
 * const path = new DropPath({ p: 0.5, seed: 1 })
 * path.forward(ndarray(new Float32Array(6).fill(1), [2, 3])).data[0] // → 1
 */
export class DropPath extends Dropout {
  override compute(x: Value): Value {
    if (!this.active) return x
    const samples = x.shape.map((length, axis) => (axis === 0 ? length : 1))
    return multiply(x, super.compute(constant(new Float32Array(sizeOf(samples)).fill(1), samples)))
  }
}

/**
 * Leaves out patches in training mode, others in each sample: [b, prefix + n, d] → [b, prefix + m, d] with
 * m = ⌊n (1 − p)⌋, at least 1 (Li et al., "FLIP", arXiv:2212.00794; timm's `PatchDropout`).
 *
 * @throws {EinopsError} when the input is not [b, n, d]
 *
 * @example
 * const drop = new PatchDropout({ p: 0.5, numPrefixTokens: 1, seed: 1 }).train()
 * drop.forward(ndarray(new Float32Array(2 * 17 * 8), [2, 17, 8])).shape // → [2, 9, 8]
 */
export class PatchDropout extends Module {
  readonly p: number
  readonly numPrefixTokens: number
  readonly #seeds: Seeds

  constructor(options: PatchDropoutOptions = {}) {
    super()
    const { p, seed, numPrefixTokens } = readOptions(this, options, patchDropoutOptions)
    expectOption(this, p >= 0 && p < 1, `the share p is not one — got ${p}, expected 0 to less than 1`)
    this.p = p
    this.numPrefixTokens = numPrefixTokens
    this.#seeds = new Seeds(seed)
  }

  override compute(x: Value): Value {
    if (!this.training || this.p === 0) return x
    expectRank(this, x, '[b, n, d]')
    const [b = 0, n = 0] = x.shape
    const patches = n - this.numPrefixTokens
    expectOption(
      this,
      patches > 0,
      `no patches are left beside the prefix — got ${n} tokens, numPrefixTokens ${this.numPrefixTokens}`,
    )
    const kept = Math.max(1, Math.floor(patches * (1 - this.p)))
    const random = new Random(this.#seeds.nextOf(this))
    const tokens = Array.from({ length: b }, () => this.#choose(patches, kept, random))
    return gather(x, constant(Int32Array.from(tokens.flat()), [b, this.numPrefixTokens + kept]))
  }

  /** The tokens that stay: all before the patches, and `kept` patches in any order. */
  #choose(patches: number, kept: number, random: Random): number[] {
    const tokens = Array.from({ length: this.numPrefixTokens + patches }, (_, i) => i)
    const order = tokens.splice(this.numPrefixTokens).map((token) => [random.uniform(), token] as const)
    order.sort(([a], [b]) => a - b)
    return [...tokens, ...order.slice(0, kept).map(([, token]) => token)]
  }
}

/** Numbers that no step has computed, as a value: they are not the same in the next run. */
function constant(data: Float32Array | Int32Array, shape: readonly number[]): Tensor {
  return { ...contiguous(shape), data }
}
