/** Where a patch is: positions computed from sines and cosines, and learned ones brought to another grid. */

import { EinopsError } from '../../grammar/error.ts'
import { resizeMatrix } from '../image/resize.ts'
import { contiguous } from '../layout/layout.ts'
import type { FloatTensor, NdArray } from '../layout/tensor.ts'
import { expectOption } from '../nn/check.ts'
import { each, expectOptions, type Kinds, kind, needed, oneOf } from '../nn/options.ts'
import { asValue, present } from '../ops/array.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { repeatTensor } from '../ops/repeat.ts'
import { unpackTensor } from '../ops/unpack.ts'
import type { Value } from '../steps/value.ts'

export interface SinCosOptions {
  /** Rows and columns of the grid. */
  readonly grid: readonly [number, number]
  /** Width of a token, a multiple of 4. */
  readonly dim: number
  /** The longest wave, in patches over 2π; 10,000 if not given. */
  readonly temperature?: number | undefined
  /**
   * `'simple-vit'` (vit-pytorch's `SimpleViT`): sines and cosines of the column, then of the row; the longest wave is
   * `temperature`. `'timm'`: sines of row and column, then cosines; waves stop short of `temperature`.
   */
  readonly order?: 'simple-vit' | 'timm' | undefined
  /** timm's `reverse_coord`: columns before rows, in the features and in the order of tokens. */
  readonly reverseCoord?: boolean | undefined
  /** timm's `interleave_sin_cos`: sines and cosines of the row, then of the column. */
  readonly interleaveSinCos?: boolean | undefined
}

const sinCosKinds: Kinds<SinCosOptions> = {
  grid: needed(kind.room),
  dim: needed(kind.count),
  temperature: kind.number,
  order: oneOf(['simple-vit', 'timm']),
  ...each(kind.flag, 'reverseCoord', 'interleaveSinCos'),
}

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
  expectOptions('sinCosPositions2d', options, sinCosKinds)
  const { grid, dim, temperature = 10_000, order = 'simple-vit' } = options
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
  const reverse = options.reverseCoord === true && !isSimple
  const parts = isSimple || reverse ? [...columns, ...rows] : [...rows, ...columns]
  const features = isSimple || options.interleaveSinCos ? 'coord f d' : 'f coord d'
  const tokens = reverse ? '(w h)' : '(h w)'
  const positions = rearrangeTensor(parts, `(coord f) h w d -> ${tokens} (${features})`, { coord: 2 })
  return present(positions) as NdArray<Float32Array>
}

export interface ResampleOptions {
  /** The grid the positions are for; a square if not given. */
  readonly from?: readonly [number, number] | undefined
  readonly to: readonly [number, number]
  /** How many positions before those of the grid stay as they are: class token and registers. */
  readonly numPrefixTokens?: number | undefined
  /** `'bicubic'` if not given. */
  readonly interpolation?: 'nearest' | 'bilinear' | 'bicubic' | undefined
  /** Whether the filter is widened for smaller grids; true if not given. */
  readonly antialias?: boolean | undefined
}

const resampleKinds: Kinds<ResampleOptions> = {
  from: kind.room,
  to: needed(kind.grid),
  numPrefixTokens: kind.count,
  interpolation: oneOf(['nearest', 'bilinear', 'bicubic']),
  antialias: kind.flag,
}

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
  expectOptions('resamplePositions', options, resampleKinds)
  return present(resamplePositionsTensor(value, options)) as NdArray<Float32Array>
}

/** The same on trusted tensors. */
export function resamplePositionsTensor(
  positions: Value,
  { from, to, numPrefixTokens = 0, interpolation = 'bicubic', antialias = true }: ResampleOptions,
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
