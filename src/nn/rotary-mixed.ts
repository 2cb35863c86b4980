/**
 * Rotary positions whose frequencies are learned, for each block and head, and mix both axes (Heo et al., "Rotary Position
 * Embedding for Vision Transformer", arXiv:2403.13298): timm's `RotaryEmbeddingMixed`.
 */

import { contiguous } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import type { Value } from '../steps/value.ts'
import { newParameter } from './init.ts'
import { Module } from './module.ts'
import { kind, needed, type OptionsOf, or, pick, type Read, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'
import { type RotaryTables, rotaryOptions, rotate } from './rotary.ts'

const mixedOptions = {
  ...pick(rotaryOptions, 'grid', 'headDim', 'numPrefixTokens'),
  depth: needed(kind.count),
  numHeads: needed(kind.length),
  temperature: or(kind.number, 10),
  /** Whether the first frequency of a pair is the column's (`'xy'`) or the row's; `'xy'` if not given. */
  gridIndexing: or(rotaryOptions.gridIndexing, 'xy'),
}

export interface MixedRotaryOptions extends OptionsOf<typeof mixedOptions> {}

/**
 * The frequencies of all blocks; `ofBlock(i)` turns queries and keys of one. They have no gradients.
 *
 * @example
 * const rope = new RotaryMixed({ grid: [2, 2], depth: 1, numHeads: 2, headDim: 8 })
 * const q = ndarray(new Float32Array(2 * 4 * 8).fill(1), [1, 2, 4, 8])
 * rope.ofBlock(0).forward(q).shape // → [1, 2, 4, 8]
 */
export class RotaryMixed extends Module {
  readonly freqs: Parameter
  readonly #options: Read<typeof mixedOptions>
  #grid: readonly [number, number]
  #seen: { readonly values: Float32Array; readonly tables: readonly RotaryTables[] } | null = null

  constructor(options: MixedRotaryOptions) {
    super()
    this.#options = readOptions(this, options, mixedOptions)
    const { depth, numHeads, headDim, temperature, grid } = this.#options
    this.#grid = grid
    // each head begins with the frequencies of one axis, turned by an angle of its own
    this.freqs = newParameter([2, depth, numHeads, headDim / 2], (_, random) => {
      const angles = Array.from({ length: depth * numHeads }, () => 2 * Math.PI * random.uniform())
      let at = 0
      return () => {
        const half = headDim / 2
        const [axis, head, k] = [
          Math.floor(at / (angles.length * half)),
          Math.floor(at / half) % angles.length,
          at % half,
        ]
        at++
        const quarter = headDim / 4
        const angle = angles[head]! + (k < quarter ? 0 : Math.PI / 2)
        return temperature ** -((k % quarter) / quarter) * (axis === 0 ? Math.cos(angle) : Math.sin(angle))
      }
    })
  }

  /** Takes tokens of another grid from now on. */
  moveTo(grid: readonly [number, number]): void {
    if (this.#grid[0] === grid[0] && this.#grid[1] === grid[1]) return
    this.#grid = grid
    this.#seen = null
  }

  /** What turns queries and keys [b, h, prefix + (rows columns), d] of a block. */
  ofBlock(block: number): Module {
    const { numPrefixTokens } = this.#options
    return new MixedRotation((x) => rotate(x, this.#tables()[block]!, { numPrefixTokens }))
  }

  override compute(x: Value): Value {
    return this.ofBlock(0).compute(x)
  }

  /** Made anew where frequencies have changed. */
  #tables(): readonly RotaryTables[] {
    const values = this.freqs.copy()
    if (this.#seen === null || !values.every((value, i) => value === this.#seen!.values[i])) {
      const { depth } = this.#options
      this.#seen = {
        values,
        tables: Array.from({ length: depth }, (_, block) => this.#tablesOf(values, block)),
      }
    }
    return this.#seen.tables
  }

  #tablesOf(values: Float32Array, block: number): RotaryTables {
    const { depth, numHeads, headDim, gridIndexing } = this.#options
    const [h, w] = this.#grid
    const pairs = headDim / 2
    const angles: number[] = []
    for (let head = 0; head < numHeads; head++) {
      const first = (block * numHeads + head) * pairs
      const second = first + depth * numHeads * pairs
      for (let row = 0; row < h; row++) {
        for (let column = 0; column < w; column++) {
          const [x, y] = gridIndexing === 'xy' ? [column, row] : [row, column]
          for (let k = 0; k < pairs; k++) angles.push(x * values[first + k]! + y * values[second + k]!)
        }
      }
    }
    const table = (even: (angle: number) => number, odd: (angle: number) => number): FloatTensor => ({
      ...contiguous([numHeads, h * w, pairs, 2]),
      data: Float32Array.from(angles.flatMap((angle) => [even(angle), odd(angle)])),
    })
    return { cosines: table(Math.cos, Math.cos), sines: table((angle) => -Math.sin(angle), Math.sin) }
  }
}

/** One block's part of the frequencies, which are not its own. */
class MixedRotation extends Module {
  readonly #turn: (x: Value) => Value

  constructor(turn: (x: Value) => Value) {
    super()
    this.#turn = turn
  }

  override compute(x: Value): Value {
    return this.#turn(x)
  }
}
