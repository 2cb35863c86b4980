/**
 * Rotary positions on a grid: queries and keys are turned, pair of features by pair, by angles that grow with row and
 * column, so that their product depends on where tokens stand from each other only (Su et al., arXiv:2104.09864). Axial in
 * two dimensions as timm's EVA models have it (`layers/pos_embed_sincos.py`, `RotaryEmbeddingCat` with `in_pixels=False`):
 * the first half of the pairs turns with the row, the second with the column, pair k of d/4 by T^(−4k/d) a step.
 */

import { EinopsError } from '../../grammar/error.ts'
import { reverse } from '../layout/layout.ts'
import type { FloatTensor, NdArray } from '../layout/tensor.ts'
import { asTensor, toNdarray } from '../ops/array.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { add, multiply } from '../rows/index.ts'
import { expectOption } from './check.ts'
import { expectOptions, type Kinds, kind, needed } from './options.ts'

export interface RotaryOptions {
  /** Rows and columns of the grid. */
  readonly grid: readonly [number, number]
  /** Width of a head, a multiple of 4. */
  readonly headDim: number
  /** How many turns slower the slowest pair is; 10,000 if not given. */
  readonly temperature?: number | undefined
  /** The grid of the training, to which the steps of another grid are stretched (timm's `ref_feat_shape`). */
  readonly referenceGrid?: readonly [number, number] | undefined
  /** Where the first row and column stand, in steps; 0 if not given. */
  readonly gridOffset?: number | undefined
  /** Whether a pair is feature i with feature i + d/2, and not two neighbours (timm's `rotate_half`). */
  readonly rotateHalf?: boolean | undefined
  /** How many tokens before those of the grid, class and registers, are not turned. */
  readonly numPrefixTokens?: number | undefined
}

const kinds: Kinds<RotaryOptions> = {
  grid: needed(kind.grid),
  headDim: needed(kind.count),
  temperature: kind.number,
  referenceGrid: kind.grid,
  gridOffset: kind.number,
  rotateHalf: kind.flag,
  numPrefixTokens: kind.count,
}

/** What turns queries and keys: a function on [b, h, n, d]. */
export type Rotation = (x: FloatTensor) => FloatTensor

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
  const { shape } = asTensor(x, 'rotatePositions2d')
  expectOptions('rotatePositions2d', options, kinds)
  const [h, w] = options.grid
  const tokens = (options.numPrefixTokens ?? 0) + h * w
  if (shape.length !== 4 || shape[2] !== tokens || shape[3] !== options.headDim) {
    throw new EinopsError({
      code: 'positions/rotary',
      operation: 'rotatePositions2d',
      what: `the input is not of this grid — got [${shape}], expected [b, h, ${tokens}, ${options.headDim}]`,
      shape,
    })
  }
  return toNdarray(makeRotation(options)(x))
}

/** The same as a function that is made once for many queries and keys. */
export function makeRotation(options: RotaryOptions): Rotation {
  const { headDim, numPrefixTokens = 0, rotateHalf = false } = options
  expectOption('rotatePositions2d', headDim % 4 === 0, `headDim is not a multiple of 4 — got ${headDim}`)
  const angles = anglesOf(options) // [n, d/2]
  const cosines = table(angles, Math.cos, Math.cos)
  const sines = table(angles, (angle) => -Math.sin(angle), Math.sin)
  const features = rotateHalf ? '(two d)' : '(d two)'
  const turn = (x: FloatTensor): FloatTensor => {
    const pairs = rearrangeTensor(x, `b h n ${features} -> b h n d two`, { two: 2 })
    const swapped = { ...reverse(pairs, 4), data: pairs.data }
    // (a, b) → (a cos − b sin, b cos + a sin)
    const turned = add(multiply(pairs, cosines), multiply(swapped, sines))
    return rearrangeTensor(turned, `b h n d two -> b h n ${features}`)
  }
  return (x) => {
    if (numPrefixTokens === 0) return turn(x)
    const tokens = rearrangeTensor(x, 'b h n d -> b n h d')
    const [prefix, patches] = unpackTensor(tokens, [[numPrefixTokens], [-1]], 'b * h d') as FloatTensor[]
    const turned = turn(rearrangeTensor(patches!, 'b n h d -> b h n d'))
    const [packed] = packTensors([prefix!, rearrangeTensor(turned, 'b h n d -> b n h d')], 'b * h d')
    return rearrangeTensor(packed, 'b n h d -> b h n d')
  }
}

/** The angle of every pair at every place of the grid, in double precision: rows of d/2, first by row, then by column. */
function anglesOf({ grid: [h, w], headDim, ...options }: RotaryOptions): number[][] {
  const { temperature = 10_000, referenceGrid = [h, w], gridOffset = 0 } = options
  const bands = Array.from({ length: headDim / 4 }, (_, k) => temperature ** -(k / (headDim / 4)))
  const along = (length: number, reference: number) =>
    Array.from({ length }, (_, step) => ((step + gridOffset) / length) * reference)
  return along(h, referenceGrid[0]).flatMap((row) =>
    along(w, referenceGrid[1]).map((column) =>
      [row, column].flatMap((step) => bands.map((band) => step * band)),
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
  return { data, shape: [n, pairs, 2], stride: [2 * pairs, 2, 1], offset: 0 }
}
