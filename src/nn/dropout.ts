/**
 * Layers that are random in training mode and let everything through otherwise. What they keep is scaled up, so that
 * the expectation stays (Srivastava et al. 2014; stochastic depth: Huang et al., arXiv:1603.09382).
 */

import { sizeOf } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { multiply, newTensor } from '../rows/index.ts'
import { expectOption } from './check.ts'
import { Module } from './module.ts'
import { nextSeed, Random } from './random.ts'

export interface DropoutOptions {
  /** The probability of each element to be dropped, 0 to 1; 0.5 if not given, as in PyTorch. */
  readonly p?: number
  /** Where the random numbers start. */
  readonly seed?: number | undefined
}

abstract class RandomMask extends Module {
  readonly p: number
  readonly #random: Random

  constructor({ p = 0.5, seed = nextSeed() }: DropoutOptions = {}) {
    super()
    expectOption(this, p >= 0 && p <= 1, `the probability p is not one — got ${p}, expected 0 to 1`)
    this.p = p
    this.#random = new Random(seed)
  }

  protected abstract maskShape(x: FloatTensor): readonly number[]

  /** Whether anything is dropped now. */
  get active(): boolean {
    return this.training && this.p > 0
  }

  override compute(x: FloatTensor): FloatTensor {
    if (!this.active) return x
    const shape = this.maskShape(x)
    const kept = 1 / (1 - this.p)
    const mask = Float32Array.from({ length: sizeOf(shape) }, () =>
      this.#random.uniform() < this.p ? 0 : kept,
    )
    return multiply(x, { ...newTensor(shape), data: mask })
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
export class Dropout extends RandomMask {
  protected override maskShape(x: FloatTensor): readonly number[] {
    return x.shape
  }
}

/**
 * Drops whole samples (what a residual branch gives for them) in training mode.
 *
 * @example
 * const path = new DropPath({ p: 0.5, seed: 1 })
 * path.forward(ndarray(new Float32Array(6).fill(1), [2, 3])).data[0] // → 1
 */
export class DropPath extends RandomMask {
  protected override maskShape({ shape }: FloatTensor): readonly number[] {
    return shape.map((length, axis) => (axis === 0 ? length : 1))
  }
}
