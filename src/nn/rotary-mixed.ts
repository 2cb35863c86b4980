/**
 * Rotary positions whose frequencies are learned, for each block and head, and mix both axes (Heo et al., "Rotary Position
 * Embedding for Vision Transformer", arXiv:2403.13298): timm's `RotaryEmbeddingMixed`.
 */

import { contiguous } from '../layout/layout.ts'
import type { FloatTensor, NdArray } from '../layout/tensor.ts'
import { present } from '../ops/array.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { elementary } from '../steps/map.ts'
import { isOnHost } from '../steps/scope.ts'
import { part } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { multiply } from '../steps/zip.ts'
import { newParameter } from './init.ts'
import { Module } from './module.ts'
import { kind, needed, type OptionsOf, or, pick, type Read, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'
import { type RotaryTables, rotaryOptions, rotate } from './rotary.ts'

const mixedOptions = {
  ...pick(rotaryOptions, 'grid', 'headDim', 'numPrefixTokens'),
  depth: needed(kind.count),
  numHeads: needed(kind.length),
  temperature: or(kind.positive, 10),
  /** Whether the first frequency of a pair is the column's (`'xy'`) or the row's; `'xy'` if not given. */
  gridIndexing: or(rotaryOptions.gridIndexing, 'xy'),
}

export interface MixedRotaryOptions extends OptionsOf<typeof mixedOptions> {}

/**
 * The frequencies of all blocks; `ofBlock(i)` turns queries and keys of one.
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
  #seen: { readonly values: Float32Array; readonly tables: RotaryTables[] } | null = null

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
    return new MixedRotation((x) => rotate(x, this.#tablesOf(block), { numPrefixTokens }))
  }

  override compute(x: Value): Value {
    return this.ofBlock(0).compute(x)
  }

  /** The tables of a block: made of its frequencies by steps, and on the host anew only where frequencies have changed. */
  #tablesOf(block: number): RotaryTables {
    if (!isOnHost()) return this.#computed(block)
    const values = this.freqs.copy()
    if (!values.every((value, i) => value === this.#seen?.values[i])) this.#seen = { values, tables: [] }
    const { tables } = this.#seen!
    tables[block] ??= kept(this.#computed(block))
    return tables[block]
  }

  #computed(block: number): RotaryTables {
    const { gridIndexing = 'xy' } = this.#options
    const [h, w] = this.#grid
    const places = Array.from({ length: h * w }, (_, at) => [at % w, Math.floor(at / w)])
    const steps = [0, 1].flatMap((axis) =>
      places.map(([column, row]) => ((axis === 0) === (gridIndexing === 'xy') ? column! : row!)),
    )
    const frequencies = part(this.freqs, 1, { start: block, lengths: [] })
    const angles = einsumTensor([constant([2, h * w], steps), frequencies], 'axis n, axis h k -> h n k')
    const pair = (x: Value) => rearrangeTensor(x, 'h n k -> h n k 1')
    return {
      cosines: pair(elementary(angles, 'cos')),
      sines: multiply(pair(elementary(angles, 'sin')), constant([2], [-1, 1])),
    }
  }
}

/** Tables as arrays, which outlive the run of a model. */
function kept({ cosines, sines }: RotaryTables): RotaryTables {
  const [first, second] = [cosines, sines].map((table) => present(table) as NdArray<Float32Array>)
  return { cosines: first!, sines: second! }
}

function constant(shape: readonly number[], values: readonly number[]): FloatTensor {
  return { ...contiguous(shape), data: Float32Array.from(values) }
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
