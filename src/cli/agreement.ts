/** How the answers of one model agree with those of another. */
import type { NdArray } from '../layout/tensor.ts'
import { argmax } from '../ops/arg.ts'

export class Agreement {
  /** How many pictures there were. */
  count = 0
  #same = 0
  #difference = 0
  #all = 0

  /** Adds answers to the same pictures, [b, classes], the first model's as they should be. */
  add(expected: NdArray<Float32Array>, got: NdArray<Float32Array>): void {
    const [first, second] = [argmax(expected, 'b c -> b').data, argmax(got, 'b c -> b').data]
    for (let i = 0; i < first.length; i++) if (first[i] === second[i]) this.#same++
    this.count += first.length
    for (let i = 0; i < expected.data.length; i++) {
      this.#difference += (got.data[i]! - expected.data[i]!) ** 2
      this.#all += expected.data[i]! ** 2
    }
  }

  /** The pictures, how many have the same first answer, and the root of the mean square of the differences, relative to that of the answers. */
  get summary(): { readonly count: number; readonly same: number; readonly rms: number } {
    return { count: this.count, same: this.#same, rms: Math.sqrt(this.#difference / (this.#all || 1)) }
  }
}
