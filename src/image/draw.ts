/**
 * Pictures of what the model sees: patches apart, and heat over a photo. Every picture is one assignment between two
 * views, by ndarray-ops; it is loaded when the first one is drawn, because it compiles its loops by `new Function`.
 */
import type { NdArray } from '../layout/tensor.ts'
import { asTensor, makeNdarray, toNdarray } from '../ops/array.ts'
import { each, type Kinds, kind } from '../ops/kinds.ts'
import { rearrange } from '../ops/rearrange.ts'
import { repeat } from '../ops/repeat.ts'
import { inferno } from './colormap.ts'
import { ImageError } from './error.ts'
import { expectOptions, interpolation } from './options.ts'
import type { Interpolation } from './resample.ts'
import { checkImage, resizeTensor } from './resize.ts'

/** Red, green, blue, 0…255. */
export type Color = readonly [number, number, number]

export interface MosaicOptions {
  /** Side of a patch in the picture's pixels. */
  readonly patch: number
  /** Paper between the patches and around them, in the drawing's pixels. @default 4 */
  readonly gap?: number | undefined
  /** Side of a picture's pixel in the drawing. @default 1 */
  readonly scale?: number | undefined
  /** Colour of the paper. @default [20, 19, 26] */
  readonly background?: Color | undefined
}

export interface HeatMapOptions {
  /** The value that gets the darkest colour. @default 0 */
  readonly min?: number | undefined
  /** The value that gets the brightest colour. @default the largest of `heat` */
  readonly max?: number | undefined
  /** How much of the colour lies over the picture, 0…1. @default 0.6 */
  readonly opacity?: number | undefined
  /** How the grid becomes as fine as the picture; `'nearest'` keeps its cells visible. @default 'bicubic' */
  readonly interpolation?: Interpolation | undefined
}

const mosaicKinds: Kinds<MosaicOptions> = each(kind.anything, 'patch', 'gap', 'scale', 'background') // checked below

const heatMapKinds: Kinds<HeatMapOptions> = {
  ...each(kind.number, 'min', 'max'),
  opacity: kind.share,
  interpolation,
}

const PAPER: Color = [20, 19, 26]

/**
 * Draws a picture cut into its patches, visibly apart. What is left at the right and the bottom of a picture that does
 * not divide is not drawn.
 *
 * @param image uint8 `[h, w, c]`, grey or RGB; alpha is left out
 * @returns uint8 `[h', w', 3]`
 * @throws ImageError (as a rejection) when the picture is smaller than a patch, or an option does not fit
 *
 * @example
 * const image = ndarray(new Uint8Array(28 * 28), [28, 28, 1])
 * const mosaic = await drawMosaic(image, { patch: 7, gap: 2, scale: 3 })
 * mosaic.shape // [94, 94, 3]
 */
export async function drawMosaic(
  image: NdArray<Uint8Array>,
  options: MosaicOptions,
): Promise<NdArray<Uint8Array>> {
  expectOptions('drawMosaic', options, mosaicKinds)
  const { patch, gap = 4, scale = 1, background = PAPER } = options
  for (const [name, value, least] of [
    ['patch', patch, 1],
    ['gap', gap, 0],
    ['scale', scale, 1],
  ] as const) {
    if (Number.isSafeInteger(value) && value >= least) continue
    throw new ImageError(
      'drawMosaic',
      'option/range',
      `${name} is ${value}, expected an integer from ${least}`,
    )
  }
  const rgb = colorsOf(toNdarray(checkImage(image, 'drawMosaic')))
  const [h, w] = [Math.floor(rgb.shape[0]! / patch), Math.floor(rgb.shape[1]! / patch)]
  if (h === 0 || w === 0) {
    throw new ImageError(
      'drawMosaic',
      'image/shape',
      `the picture of ${rgb.shape[0]}×${rgb.shape[1]} pixels is smaller than a patch of ${patch}×${patch}`,
    )
  }
  const pitch = patch * scale + gap
  const canvas = await paper(gap + h * pitch, gap + w * pitch, background)
  const tiles = rearrange(canvas.lo(gap, gap, 0), '(h p1) (w p2) c -> h w p1 p2 c', { p1: pitch, p2: pitch })
  const pixels = rearrange(
    tiles.hi(h, w, patch * scale, patch * scale, 3),
    'h w (s1 r1) (s2 r2) c -> h w s1 r1 s2 r2 c',
    { r1: scale, r2: scale },
    { copy: 'never' },
  )
  const lengths = { s1: patch, s2: patch, r1: scale, r2: scale }
  const { assign } = await operations()
  assign(pixels, repeat(rgb.hi(h * patch, w * patch, 3), '(h s1) (w s2) c -> h w s1 r1 s2 r2 c', lengths))
  return canvas
}

/**
 * Draws heat over a picture: dark where there is none, glowing where there is much.
 *
 * @param image uint8 `[h, w, c]`, grey or RGB; alpha is left out
 * @param heat numbers from 0, `[rows, columns]`: a coarse grid over the picture, interpolated
 * @returns uint8 `[h, w, 3]`
 * @throws ImageError (as a rejection) when a shape does not fit
 *
 * @example
 * const image = ndarray(new Uint8Array(28 * 28 * 3).fill(128), [28, 28, 3])
 * const heat = ndarray(new Float32Array([0.1, 0.2, 0.3, 0.4]), [2, 2])
 * const drawing = await drawHeatMap(image, heat)
 * drawing.shape // [28, 28, 3]
 */
export async function drawHeatMap(
  image: NdArray<Uint8Array>,
  heat: NdArray<Float32Array> | NdArray<Float64Array>,
  options: HeatMapOptions = {},
): Promise<NdArray<Uint8Array>> {
  expectOptions('drawHeatMap', options, heatMapKinds)
  const { min = 0, max, opacity = 0.6 } = options
  const rgb = colorsOf(toNdarray(checkImage(image, 'drawHeatMap')))
  asTensor(heat as NdArray<Float32Array>, 'drawHeatMap', 'heat')
  if (heat.shape.length !== 2) {
    throw new ImageError(
      'drawHeatMap',
      'heat/shape',
      `heat has shape [${heat.shape}], expected [rows, columns]`,
    )
  }
  const { assign, assigns, mulseq, muls, addeq, sup } = await operations()
  const [height, width] = rgb.shape as [number, number]
  const grid = checkImage(rearrange(heat as NdArray<Float32Array>, 'h w -> h w 1'), 'drawHeatMap')
  const fine = resizeTensor(grid, { height, width, interpolation: options.interpolation }, 'drawHeatMap')
  const range = (max ?? sup(heat)) - min

  const canvas = makeNdarray(new Float32Array(height * width * 3), [height, width, 3], [width * 3, 3, 1], 0)
  const glow = makeNdarray(new Float32Array(height * width * 3), [height, width, 3], [width * 3, 3, 1], 0)
  assigns(canvas, 0)
  muls(canvas, rgb, 1 - opacity)
  for (let i = 0; i < height * width; i++) {
    glow.data.set(inferno(range > 0 ? (fine.data[i]! - min) / range : 0), 3 * i)
  }
  mulseq(glow, opacity)
  addeq(canvas, glow)
  const drawing = makeNdarray(new Uint8ClampedArray(height * width * 3), canvas.shape, canvas.stride, 0)
  assign(drawing as NdArray, canvas as NdArray)
  return makeNdarray(new Uint8Array(drawing.data.buffer), canvas.shape, canvas.stride, 0)
}

/** A picture's three colours as a view: grey three times, alpha left out. */
function colorsOf(image: NdArray<Uint8Array>): NdArray<Uint8Array> {
  const [height, width, channels] = image.shape as [number, number, number]
  return channels < 3
    ? repeat(image.pick(null, null, 0), 'h w -> h w c', { c: 3 })
    : image.hi(height, width, 3)
}

async function paper(height: number, width: number, color: Color): Promise<NdArray<Uint8Array>> {
  const { assign } = await operations()
  const canvas = makeNdarray(new Uint8Array(height * width * 3), [height, width, 3], [width * 3, 3, 1], 0)
  const ink = makeNdarray(Uint8Array.from(color), [3], [1], 0)
  assign(canvas, repeat(ink, 'c -> h w c', { h: height, w: width }))
  return canvas
}

async function operations() {
  return (await import('ndarray-ops')).default
}
