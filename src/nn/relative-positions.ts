/**
 * Relative positions on a grid: what is added to a score of attention depends on how many rows and columns a key is from
 * the query. Each head has a number for every distance, from a table (BEiT, Bao et al., arXiv:2106.08254; Swin) or from a
 * small MLP of the logarithms of the distances (Swin v2, Liu et al., arXiv:2111.09883, in the form of timm's `RelPosMlp`).
 */

import { contiguous } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { repeatTensor } from '../ops/repeat.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { place, reversed, slice } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { slide } from '../steps/window.ts'
import { add } from '../steps/zip.ts'
import { expectOption } from './check.ts'
import { newParameter, truncNormal } from './init.ts'
import { Mlp } from './mlp.ts'
import { Module } from './module.ts'
import { type Kind, kind, needed, type OptionsOf, oneOf, or, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'

type Grid = readonly [rows: number, columns: number]

const grid = kind.sides as Kind<Grid>

export const relativePositionOptions = {
  /** A table, or an MLP, for each head's numbers; `'bias'` if not given. */
  type: or(oneOf(['bias', 'mlp']), 'bias'),
  /** Rows and columns of the grid. */
  grid: needed(grid),
  /** How many tokens stand before those of the grid: at most one with a table, which has numbers for it; 0 if not given. */
  numPrefixTokens: or(kind.count, 0),
  /** Width of the MLP; 128 if not given. */
  hiddenFeatures: or(kind.length, 128),
}

export interface RelativePositionOptions extends OptionsOf<typeof relativePositionOptions> {}

/**
 * Adds relative positions to scores: [b, heads, n, n] → the same shape.
 *
 * @example
 * const positions = makeRelativePositions(2, { grid: [3, 3] })
 * positions.forward(ndarray(new Float32Array(2 * 81), [1, 2, 9, 9])).shape // → [1, 2, 9, 9]
 */
export abstract class RelativePositions extends Module {
  /** What is added to the scores: [heads, n, n], n all tokens. */
  abstract bias(): Value

  override compute(scores: Value): Value {
    return add(scores, this.bias())
  }
}

/** From a table: a row for every distance on the grid and, with a token before it, three more: from that token, to it, and its own. */
export class RelPosBias extends RelativePositions {
  readonly relativePositionBiasTable: Parameter
  readonly #grid: Grid
  readonly #hasPrefix: boolean

  constructor(numHeads: number, options: RelativePositionOptions) {
    super()
    const { grid, numPrefixTokens } = readOptions(this, options, relativePositionOptions)
    expectOption(
      this,
      numPrefixTokens <= 1,
      `a table of relative positions is for one token before the grid's — got ${numPrefixTokens}`,
    )
    this.#grid = grid
    this.#hasPrefix = numPrefixTokens > 0
    const rows = distances(grid) + (this.#hasPrefix ? 3 : 0)
    this.relativePositionBiasTable = newParameter([rows, numHeads], truncNormal({ std: 0.02 }))
  }

  override bias(): Value {
    const table: Value = this.relativePositionBiasTable
    const count = distances(this.#grid)
    const body = byDistance(slice(table, 0, 0, count), this.#grid)
    if (!this.#hasPrefix) return body
    const [from, to, own] = unpackTensor(slice(table, 0, count, count + 3), [[], [], []], '* c') as Value[]
    const n = body.shape[1]!
    const first = packTensors(
      [rearrangeTensor(own!, 'c -> c 1 1'), repeatTensor(from!, 'c -> c 1 n', { n })],
      'c one *',
    )
    const others = packTensors([repeatTensor(to!, 'c -> c n 1', { n }), body], 'c n *')
    return packTensors([first[0], others[0]], 'c * m')[0]
  }
}

/** From an MLP of the logarithms of rows and columns; tokens before the grid's have zeros. */
export class RelPosMlp extends RelativePositions {
  readonly mlp: Mlp
  readonly #grid: Grid
  readonly #prefix: number
  readonly #coordinates: FloatTensor

  constructor(numHeads: number, options: RelativePositionOptions) {
    super()
    const { grid, numPrefixTokens, hiddenFeatures } = readOptions(this, options, relativePositionOptions)
    this.mlp = new Mlp(2, { hiddenFeatures, outFeatures: numHeads, activation: 'relu' })
    this.#grid = grid
    this.#prefix = numPrefixTokens
    this.#coordinates = logarithms(grid)
  }

  override bias(): Value {
    const body = byDistance(this.mlp.compute(this.#coordinates), this.#grid)
    const [prefix, length] = [this.#prefix, this.#prefix + body.shape[1]!]
    if (prefix === 0) return body
    return place(place(body, 1, { start: prefix, length }), 2, { start: prefix, length })
  }
}

/** New relative positions for so many heads. */
export function makeRelativePositions(numHeads: number, options: RelativePositionOptions): RelativePositions {
  return options?.type === 'mlp' ? new RelPosMlp(numHeads, options) : new RelPosBias(numHeads, options)
}

/** How many distances there are between places of a grid. */
const distances = ([h, w]: Grid): number => (2 * h - 1) * (2 * w - 1)

/**
 * Numbers of every distance [(p q), heads] as those of queries and keys [heads, (h w), (h w)]. Of row i and row k the number stands at i − k + h − 1: place i of
 * the window that begins at h − 1 − k, so the windows of all keys are a view.
 */
function byDistance(numbers: Value, [h, w]: Grid): Value {
  const table = rearrangeTensor(numbers, '(p q) c -> p q c', { p: 2 * h - 1 })
  const columns = reversed(slide(table, 1, { size: w, stride: 1, dilation: 1 }), 1)
  const windows = reversed(slide(columns, 0, { size: h, stride: 1, dilation: 1 }), 0)
  return rearrangeTensor(windows, 'k i l j c -> c (i j) (k l)')
}

/** sign(x) · log(1 + |x|) of rows and columns of every distance: [(p q), 2]. */
function logarithms([h, w]: Grid): FloatTensor {
  const along = (length: number) =>
    Array.from({ length: 2 * length - 1 }, (_, i) => {
      const distance = i - (length - 1)
      return Math.sign(distance) * Math.log1p(Math.abs(distance))
    })
  const pairs = along(h).flatMap((row) => along(w).flatMap((column) => [row, column]))
  return { ...contiguous([distances([h, w]), 2]), data: Float32Array.from(pairs) }
}
