/**
 * Rotary positions on a grid: queries and keys are turned, pair of features by pair, by angles that grow with row and
 * column, so that their product depends on where tokens stand from each other only (Su et al., arXiv:2104.09864). Axial in
 * two dimensions as timm's EVA models have it (`layers/pos_embed_sincos.py`, `RotaryEmbeddingCat` with `in_pixels=False`):
 * the first half of the pairs turns with the row, the second with the column, pair k of d/4 by T^(−4k/d) a step.
 */

import { EinopsError } from '../../grammar/error.ts'
import { contiguous } from '../layout/layout.ts'
import type { FloatTensor, NdArray } from '../layout/tensor.ts'
import { asValue, present } from '../ops/array.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { reversed } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { add, multiply } from '../steps/zip.ts'
import { expectOption } from './check.ts'
import { Module } from './module.ts'
import { kind, needed, type OptionsOf, oneOf, or, type Read, readOptions } from './options.ts'

export const rotaryOptions = {
  /** Rows and columns of the grid. */
  grid: needed(kind.grid),
  /** Width of a head, a multiple of 4. */
  headDim: needed(kind.count),
  /** How many turns slower the slowest pair is; 10,000 if not given. */
  temperature: or(kind.positive, 10_000),
  /** The grid of the training, to which the steps of another grid are stretched (timm's `ref_feat_shape`). */
  referenceGrid: kind.grid,
  /** Where the first row and column stand, in steps; 0 if not given. */
  gridOffset: or(kind.number, 0),
  /** Which half of the pairs turns with the row: the first (`'ij'`) or the second (`'xy'`), as timm calls it; `'ij'` if not given. */
  gridIndexing: or(oneOf(['ij', 'xy']), 'ij'),
  /** Whether the centres of the grid's places stand from −1 to 1 and pairs make whole turns, whatever the grid, as in DINOv3; false if not given. */
  normalizeCoords: or(kind.flag, false),
  /** Whether a pair is feature i with feature i + d/2, and not two neighbours (timm's `rotate_half`); false if not given. */
  rotateHalf: or(kind.flag, false),
  /** How many tokens before those of the grid, class and registers, are not turned; 0 if not given. */
  numPrefixTokens: or(kind.count, 0),
}

export interface RotaryOptions extends OptionsOf<typeof rotaryOptions> {}

type Rotary = Read<typeof rotaryOptions>

/**
 * Turns queries or keys of an image's tokens: [b, h, prefix + (rows columns), d] → the same shape.
 *
 * @param x float32, d = `headDim`
 * @throws {EinopsError} when `headDim` is not a multiple of 4, or the input is not of this grid and width
 * @see timm `apply_rot_embed_cat`
 *
 * @example
 * const q = ndarray(new Float32Array(2 * 4 * 8).fill(1), [1, 2, 4, 8])
 * const turned = rotatePositions2d(q, { grid: [2, 2], headDim: 8 })
 * turned.shape // → [1, 2, 4, 8]
 * turned.get(0, 0, 0, 0) // → 1
 * turned.get(0, 0, 2, 0).toFixed(3) // → '-0.301'
 */
export function rotatePositions2d(x: NdArray<Float32Array>, options: RotaryOptions): NdArray<Float32Array> {
  const input = asValue(x, 'rotatePositions2d')
  const { shape } = input
  const read = readOptions('rotatePositions2d', options, rotaryOptions)
  const [h, w] = read.grid
  const tokens = read.numPrefixTokens + h * w
  if (shape.length !== 4 || shape[2] !== tokens || shape[3] !== read.headDim) {
    throw new EinopsError({
      code: 'positions/rotary',
      operation: 'rotatePositions2d',
      what: `the input is not of this grid — got [${shape}], expected [b, h, ${tokens}, ${options.headDim}]`,
      values: { got: [...shape], tokens, headDim: read.headDim },
      shape,
    })
  }
  return present(rotate(input, tablesOf('rotatePositions2d', read), read)) as NdArray<Float32Array>
}

/**
 * Rotary positions as a layer, which turns queries or keys [b, h, prefix + (rows columns), d]: what an attention's `rope` may be. The tables of
 * a grid are made once.
 *
 * @throws {EinopsError} when `headDim` is not a multiple of 4
 *
 * @example
 * const rope = new RotaryPositions2d({ grid: [2, 2], headDim: 8 })
 * const q = ndarray(new Float32Array(2 * 4 * 8).fill(1), [1, 2, 4, 8])
 * rope.forward(q).get(0, 0, 2, 0).toFixed(3) // → '-0.301'
 */
export class RotaryPositions2d extends Module {
  #options: Rotary
  #tables: RotaryTables

  constructor(options: RotaryOptions) {
    super()
    this.#options = readOptions(this, options, rotaryOptions)
    this.#tables = tablesOf('RotaryPositions2d', this.#options)
  }

  /** Takes tokens of another grid from now on. */
  moveTo(grid: readonly [number, number]): void {
    const [h, w] = this.#options.grid
    if (h === grid[0] && w === grid[1]) return
    this.#options = { ...this.#options, grid }
    this.#tables = tablesOf('RotaryPositions2d', this.#options)
  }

  override compute(x: Value): Value {
    return rotate(x, this.#tables, this.#options)
  }
}

/** Cosines and sines of every pair at every place, [n, d/2, 2] or, where heads differ, [h, n, d/2, 2]; the sines with the signs that a turn takes. */
export interface RotaryTables {
  readonly cosines: Value
  readonly sines: Value
}

function tablesOf(operation: string, options: Rotary): RotaryTables {
  const { headDim } = options
  expectOption(operation, headDim % 4 === 0, `headDim is not a multiple of 4 — got ${headDim}`)
  const angles = anglesOf(options) // [n, d/2]
  return {
    cosines: table(angles, Math.cos, Math.cos),
    sines: table(angles, (angle) => -Math.sin(angle), Math.sin),
  }
}

/** Turns x [b, h, prefix + n, d] by the angles of tables. */
export function rotate(
  x: Value,
  { cosines, sines }: RotaryTables,
  { numPrefixTokens = 0, rotateHalf = false }: Pick<RotaryOptions, 'numPrefixTokens' | 'rotateHalf'>,
): Value {
  const features = rotateHalf ? '(two d)' : '(d two)'
  const turn = (x: Value): Value => {
    const pairs = rearrangeTensor(x, `b h n ${features} -> b h n d two`, { two: 2 })
    // (a, b) → (a cos − b sin, b cos + a sin)
    const turned = add(multiply(pairs, cosines), multiply(reversed(pairs, 4), sines))
    return rearrangeTensor(turned, `b h n d two -> b h n ${features}`)
  }
  if (numPrefixTokens === 0) return turn(x)
  const tokens = rearrangeTensor(x, 'b h n d -> b n h d')
  const [prefix, patches] = unpackTensor(tokens, [[numPrefixTokens], [-1]], 'b * h d') as [Value, Value]
  const turned = turn(rearrangeTensor(patches, 'b n h d -> b h n d'))
  const [packed] = packTensors([prefix, rearrangeTensor(turned, 'b h n d -> b n h d')], 'b * h d')
  return rearrangeTensor(packed, 'b n h d -> b h n d')
}

/** The angle of every pair at every place of the grid, in double precision: rows of d/2, first by row, then by column. */
function anglesOf({ grid: [h, w], headDim, ...options }: Rotary): number[][] {
  const { temperature, referenceGrid = [h, w], gridOffset, gridIndexing } = options
  const bands = Array.from({ length: headDim / 4 }, (_, k) => temperature ** -(k / (headDim / 4)))
  const along = (length: number, reference: number) =>
    Array.from({ length }, (_, step) =>
      options.normalizeCoords
        ? 2 * Math.PI * ((2 * (step + gridOffset + 0.5)) / length - 1)
        : ((step + gridOffset) / length) * reference,
    )
  return along(h, referenceGrid[0]).flatMap((row) =>
    along(w, referenceGrid[1]).map((column) =>
      (gridIndexing === 'ij' ? [row, column] : [column, row]).flatMap((step) =>
        bands.map((band) => step * band),
      ),
    ),
  )
}

/** Two functions of each angle, side by side: [n, d/2, 2]. */
function table(
  angles: readonly (readonly number[])[],
  first: (angle: number) => number,
  second: (angle: number) => number,
): FloatTensor {
  const [n, pairs] = [angles.length, angles[0]?.length ?? 0]
  const data = Float32Array.from(angles.flat().flatMap((angle) => [first(angle), second(angle)]))
  return { ...contiguous([n, pairs, 2]), data }
}
