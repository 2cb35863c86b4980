/** Where a patch is: positions computed from sines and cosines, and learned ones brought to another grid. */

import { EinopsError } from '../../grammar/error.ts'
import { resizeMatrix } from '../image/resize.ts'
import { contiguous } from '../layout/layout.ts'
import type { FloatTensor, NdArray } from '../layout/tensor.ts'
import { expectOption } from '../nn/check.ts'
import { kind, needed, type OptionsOf, oneOf, or, type Read, readOptions } from '../nn/options.ts'
import { asValue, present } from '../ops/array.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { repeatTensor } from '../ops/repeat.ts'
import { unpackTensor } from '../ops/unpack.ts'
import type { Value } from '../steps/value.ts'

const sinCosOptions = {
  /** Rows and columns of the grid. */
  grid: needed(kind.room),
  /** Width of a token, a multiple of 4. */
  dim: needed(kind.count),
  /** The longest wave, in patches over 2π; 10,000 if not given. */
  temperature: or(kind.positive, 10_000),
  /**
   * `'simple-vit'` (vit-pytorch's `SimpleViT`): sines and cosines of the column, then of the row; the longest wave is
   * `temperature`. `'timm'`: sines of row and column, then cosines; waves stop short of `temperature`.
   */
  order: or(oneOf(['simple-vit', 'timm']), 'simple-vit'),
  /** timm's `reverse_coord`: columns before rows, in the features and in the order of tokens; false if not given. */
  reverseCoord: or(kind.flag, false),
  /** timm's `interleave_sin_cos`: sines and cosines of the row, then of the column; false if not given. */
  interleaveSinCos: or(kind.flag, false),
}

export interface SinCosOptions extends OptionsOf<typeof sinCosOptions> {}

/**
 * Fixed positions on a grid: [(h w), dim].
 *
 * @throws {EinopsError} when `dim` is not a multiple of 4
 * @see vit-pytorch `posemb_sincos_2d`; timm `build_sincos2d_pos_embed`
 *
 * @example
 * const positions = sinCosPositions2d({ grid: [14, 14], dim: 192 })
 * positions.shape // → [196, 192]
 */
export function sinCosPositions2d(options: SinCosOptions): NdArray<Float32Array> {
  const read = readOptions('sinCosPositions2d', options, sinCosOptions)
  const { grid, dim, temperature, order, reverseCoord, interleaveSinCos } = read
  expectOption('sinCosPositions2d', dim % 4 === 0, `dim is not a multiple of 4 — got ${dim}`)
  const bands = dim / 4
  const [h, w] = grid
  const isSimple = order === 'simple-vit'
  const last = isSimple ? Math.max(1, bands - 1) : bands
  const omega = (band: number) => temperature ** -(band / last)
  const wave = (length: number, f: (angle: number) => number): FloatTensor => {
    const values = Float32Array.from({ length: length * bands }, (_, i) =>
      f(Math.floor(i / bands) * omega(i % bands)),
    )
    return { ...contiguous([length, bands]), data: values }
  }
  const rows = [wave(h, Math.sin), wave(h, Math.cos)].map((x) => repeatTensor(x, 'h d -> h w d', { w }))
  const columns = [wave(w, Math.sin), wave(w, Math.cos)].map((x) => repeatTensor(x, 'w d -> h w d', { h }))
  const reverse = reverseCoord && !isSimple
  const parts = isSimple || reverse ? [...columns, ...rows] : [...rows, ...columns]
  const features = isSimple || interleaveSinCos ? 'coord f d' : 'f coord d'
  const tokens = reverse ? '(w h)' : '(h w)'
  const positions = rearrangeTensor(parts, `(coord f) h w d -> ${tokens} (${features})`, { coord: 2 })
  return present(positions) as NdArray<Float32Array>
}

const resampleOptions = {
  /** The grid the positions are for; a square if not given. */
  from: kind.room,
  to: needed(kind.grid),
  /** How many positions before those of the grid stay as they are: class token and registers; 0 if not given. */
  numPrefixTokens: or(kind.count, 0),
  interpolation: or(oneOf(['nearest', 'bilinear', 'bicubic']), 'bicubic'),
  /** Whether the filter is widened for smaller grids; true if not given. */
  antialias: or(kind.flag, true),
}

export interface ResampleOptions extends OptionsOf<typeof resampleOptions> {}

/**
 * Brings learned positions to another grid, as timm does (bicubic, antialiased): [1, prefix + n, d] → [1, prefix + m, d].
 *
 * @throws {EinopsError} when the positions are not those of the grid
 * @see timm `resample_abs_pos_embed`
 *
 * @example
 * const positions = ndarray(new Float32Array((1 + 14 * 14) * 8), [1, 197, 8])
 * resamplePositions(positions, { to: [16, 20], numPrefixTokens: 1 }).shape // → [1, 321, 8]
 */
export function resamplePositions(
  positions: NdArray<Float32Array>,
  options: ResampleOptions,
): NdArray<Float32Array> {
  const value = asValue(positions, 'resamplePositions')
  const read = readOptions('resamplePositions', options, resampleOptions)
  return present(resamplePositionsTensor(value, read)) as NdArray<Float32Array>
}

/** The same on trusted tensors. */
export function resamplePositionsTensor(
  positions: Value,
  { from, to, numPrefixTokens, interpolation, antialias }: Read<typeof resampleOptions>,
): Value {
  const patches = (positions.shape[1] ?? 0) - numPrefixTokens
  const side = Math.round(Math.sqrt(Math.max(0, patches)))
  const [h, w] = from ?? [side, side]
  if (positions.shape.length !== 3 || positions.shape[0] !== 1 || h * w !== patches) {
    throw new EinopsError({
      code: 'positions/grid',
      operation: 'resamplePositions',
      what: `the positions are not those of the grid — got [${positions.shape}], expected [1, ${numPrefixTokens + h * w}, d] for a grid of ${h}×${w}`,
      values: { got: [...positions.shape], expected: [1, numPrefixTokens + h * w], grid: [h, w] },
      shape: positions.shape,
    })
  }
  // as timm, also from a grid that is no square to a square of as many places, where nothing is resampled
  if (to[0] * to[1] === patches && (to[0] === to[1] || h === to[0])) return positions
  const [prefix, grid] = unpackTensor(positions, [[numPrefixTokens], [h, w]], 'b * d')
  const filter = (from: number, to: number) =>
    resizeMatrix(from, to, { interpolation, antialias }, 'resamplePositions')
  // columns first, as a picture is resized
  const wide = w === to[1] ? grid! : einsumTensor([grid!, filter(w, to[1])], 'b h w d, j w -> b h j d')
  const resized = h === to[0] ? wide : einsumTensor([wide, filter(h, to[0])], 'b h j d, i h -> b i j d')
  return packTensors([prefix!, resized], 'b * d')[0]
}
