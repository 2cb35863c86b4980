/** From a picture to a model's input, step by step as torchvision's and timm's evaluation transforms do it. */

import { allocate } from '../layout/data.ts'
import { contiguous, permute, slice } from '../layout/layout.ts'
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { NdArray, Tensor } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { each, type Kind, type Kinds, kind, oneOf, orNull } from '../ops/kinds.ts'
import { ImageError } from './error.ts'
import { expectOptions, interpolation } from './options.ts'
import type { Reduction } from './picture.ts'
import type { Interpolation } from './resample.ts'
import { checkImage, type ImageData, resizeTensor, type Window } from './resize.ts'

/** Mean of ImageNet's pixels, R, G, B in 0…1, and their standard deviation below (torchvision's). */
export const IMAGENET_MEAN: readonly number[] = Object.freeze([0.485, 0.456, 0.406])
export const IMAGENET_STD: readonly number[] = Object.freeze([0.229, 0.224, 0.225])

/** Height and width, or the side of a square. */
type Sides = number | readonly [number, number]

export interface PreprocessOptions {
  /** Side of the square that the model sees, or its height and width; null for the whole of the resized picture. @default 224 */
  readonly size?: Sides | null | undefined
  /** Which part of the resized picture is kept. @default 0.875 */
  readonly cropPct?: number | undefined
  /**
   * How a picture of another shape is treated: the middle is cut out (`'center'`), it is stretched (`'squash'`), or the whole of it stands in the middle, in
   * `mean` (`'border'`). @default 'center'
   */
  readonly cropMode?: (typeof cropModes)[number] | undefined
  /** What the picture is resized to before the crop, instead of `size / cropPct`: its short side, its height and width, or (null) nothing. */
  readonly resize?: Sides | null | undefined
  /** Where the crop begins that cannot be in the very middle, and the zeros around a picture smaller than the crop: as torchvision or as Hugging Face has it. @default 'torchvision' */
  readonly cropRule?: (typeof cropRules)[number] | undefined
  /** @default 'bicubic' */
  readonly interpolation?: Interpolation | undefined
  /** What bytes are multiplied by; floats are 0…1 already, and are by 255 times as much. @default 1 / 255 */
  readonly rescale?: number | undefined
  /** One number for every channel that the model takes. @default IMAGENET_MEAN */
  readonly mean?: readonly number[] | undefined
  /** @default IMAGENET_STD */
  readonly std?: readonly number[] | undefined
  /** Whether channels come out in the reverse order: blue, green, red. @default false */
  readonly bgr?: boolean | undefined
  /** What nothing told (`model.preparation`); only carried along. */
  readonly assumed?: readonly string[] | undefined
}

const cropModes = ['center', 'squash', 'border'] as const
const cropRules = ['torchvision', 'huggingface'] as const

const kinds: Kinds<PreprocessOptions> = {
  ...each(kind.anything, 'size', 'cropPct', 'assumed'), // checked below
  cropMode: oneOf(cropModes),
  resize: orNull(kind.sides),
  cropRule: oneOf(cropRules),
  interpolation,
  ...each(kind.number, 'rescale'),
  bgr: kind.flag,
  mean: listOf('a list of numbers', Number.isFinite),
  std: listOf('a list of positive numbers', (value) => value > 0 && value < Number.POSITIVE_INFINITY),
}

function listOf(expected: string, holds: (value: number) => boolean): Kind {
  const isOne = (value: unknown) => typeof value === 'number' && holds(value)
  const isList = (value: unknown): value is readonly unknown[] =>
    Array.isArray(value) || ArrayBuffer.isView(value)
  return { expected, has: (value) => isList(value) && Array.from(value).every(isOne) }
}

/**
 * Makes a model's input of a picture, as timm's evaluation transform does: the short side becomes `size / cropPct`
 * (rounded down, as is the long side), antialiased; the centre is cut out; values 0…1 are normalised per channel. `model.preparation` are the options of a
 * checkpoint's configuration.
 *
 * Grey becomes RGB where `mean` has three numbers, an alpha channel is dropped (as Pillow's `convert('RGB')` does).
 *
 * @param image `[h, w, c]` of any strides; uint8 or uint8_clamped 0…255, or floats 0…1
 * @returns float32 `[1, c, height, width]`, c = the length of `mean`
 * @throws ImageError when shape, dtype or options do not fit
 *
 * @example
 * const image = ndarray(new Uint8Array(300 * 400 * 3), [300, 400, 3])
 * preprocess(image, { size: 224, cropPct: 0.9, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }).shape // [1, 3, 224, 224]
 * preprocess(image, { size: [224, 160], cropMode: 'squash', cropPct: 1 }).shape // [1, 3, 224, 160]
 */
export function preprocess(
  image: NdArray<ImageData>,
  options: PreprocessOptions = {},
): NdArray<Float32Array> {
  const { mean, std, bgr = false } = expectPreparation(options)
  const x = takeChannels(checkImage(image, 'preprocess'), mean.length)
  expectShares(x)
  // of a picture that was decoded smaller, what it was
  const { reduction } = image as { readonly reduction?: Reduction }
  const shape = reduction === undefined ? x.shape : [reduction.height, reduction.width]
  const whole = { ...sizeBeforeCrop({ shape }, options), interpolation: options.interpolation }
  const crop = placeOf(whole, options)
  // what is cut off is never made
  const cropped = resizeTensor(x, whole, 'preprocess', crop.inside, reduction?.box)
  const fill =
    options.cropMode === 'border' ? mean.map((value) => roundHalfEven(255 * value)) : mean.map(() => 0)
  return toNdarray(normalise(cropped, { mean, std, bgr, rescale: options.rescale ?? 1 / 255, crop, fill }))
}

/**
 * The options with their means and deviations.
 *
 * @throws ImageError when one is none
 */
export function expectPreparation(options: PreprocessOptions) {
  expectOptions('preprocess', options, kinds)
  const { mean = IMAGENET_MEAN, std = IMAGENET_STD } = options
  checkOptions(options, mean, std)
  return { ...options, mean, std }
}

/** Floats are shares of full brightness; what goes far beyond 1 was meant as bytes. */
function expectShares({ data, shape, stride, offset }: Tensor<ImageData>): void {
  if (isA(data, 'Uint8Array', 'Uint8ClampedArray')) return
  const [h, w, c] = shape as [number, number, number]
  let most = 0
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let k = 0; k < c; k++)
        most = Math.max(most, data[offset + y * stride[0]! + x * stride[1]! + k * stride[2]!]!)
    }
  }
  if (!(most > 16)) return
  throw new ImageError(
    'preprocess',
    'image/range',
    `a picture of floats has values up to ${most}, expected 0 to 1 — pass the bytes as they are, or divide by 255`,
  )
}

function checkOptions(
  { size = 224, cropPct = 0.875, rescale = 1 / 255 }: PreprocessOptions,
  mean: readonly number[],
  std: readonly number[],
): void {
  // some normalise twice (EfficientNet), which comes to a mean of up to 2
  if (mean.some((value) => Math.abs(value) > 2 * 255 * rescale)) {
    throw new ImageError(
      'preprocess',
      'option/value',
      `bad option 'mean' — got [${mean.join(', ')}], expected a list of numbers from -1 to 1, as pixels are 0…1`,
    )
  }
  if (size !== null && !kind.sides.has(size)) {
    throw new ImageError(
      'preprocess',
      'option/size',
      `size is ${show(size)}, expected an integer from 1, or two of them`,
    )
  }
  if (size !== null && pairOf(size).reduce((all, side) => all * side) > 2 ** 26) {
    throw new ImageError('preprocess', 'option/size', `size is ${size}, expected at most 2^26 pixels`)
  }
  if (!(cropPct > 0 && cropPct <= 1)) {
    throw new ImageError(
      'preprocess',
      'option/crop',
      `cropPct is ${cropPct}, expected more than 0 and at most 1`,
    )
  }
  if (mean.length === 0 || mean.length !== std.length) {
    throw new ImageError(
      'preprocess',
      'option/mean',
      `mean has ${mean.length} numbers and std ${std.length}, expected one for every channel`,
    )
  }
}

const channelsLast = "channels stand first — rearrange(image, 'c h w -> h w c') puts them last"

/** A picture with `channels` channels: a view where grey is repeated or alpha left out; of colours what is grey of them. */
function takeChannels(x: Tensor<ImageData>, channels: number): Tensor<ImageData> {
  const has = x.shape[2]!
  if (has === channels) return x
  if ((has === 3 || has === 4) && channels === 1) return greyOf(x)
  if (has === channels + 1 && (channels === 1 || channels === 3))
    return { data: x.data, ...slice(x, 2, 0, channels) }
  if (has <= 2 && channels === 3) {
    const { data, shape, stride, offset } = x
    return { data, shape: shape.with(2, 3), stride: stride.with(2, 0), offset }
  }
  throw new ImageError(
    'preprocess',
    'image/channels',
    `the image has ${has} channel${has === 1 ? '' : 's'}, mean has ${channels} number${channels === 1 ? '' : 's'}${
      x.shape[0]! <= 4 && has > 4 ? `; ${channelsLast}` : ''
    }`,
  )
}

/** As Pillow's `convert('L')` has it: weights in whole parts of 65536, bytes rounded. */
function greyOf({ data, shape, stride, offset }: Tensor<ImageData>): Tensor<ImageData> {
  const [h, w] = shape as [number, number]
  const [down, along, on] = stride as [number, number, number]
  const isBytes = isA(data, 'Uint8Array', 'Uint8ClampedArray')
  const grey = allocate(isBytes ? 'uint8' : 'float32', h * w)
  for (let i = 0; i < h * w; i++) {
    const at = offset + Math.floor(i / w) * down + (i % w) * along
    const sum = 19595 * data[at]! + 38470 * data[at + on]! + 7471 * data[at + 2 * on]!
    grey[i] = isBytes ? (sum + 32768) >> 16 : sum / 65536
  }
  return { ...contiguous([h, w, 1]), data: grey }
}

interface Size {
  readonly height: number
  readonly width: number
}

/** What a picture is resized to: by its short side, both sides, or so that a size is covered by it or contains it. */
function sizeBeforeCrop(
  { shape }: Pick<Tensor, 'shape'>,
  { size = 224, cropPct = 0.875, cropMode = 'center', resize }: PreprocessOptions,
): Size {
  const [height, width] = shape as [number, number]
  if (resize === null || (resize === undefined && size === null)) return { height, width }
  const [h, w] = pairOf(resize ?? size!).map((side) =>
    resize === undefined ? Math.floor(side / cropPct) : side,
  ) as [number, number]
  const isSquare = typeof (resize ?? size) === 'number' || (resize === undefined && h === w)
  if (cropMode === 'squash' || (resize !== undefined && !isSquare)) return { height: h, width: w }
  if (cropMode === 'center' && isSquare) {
    const long = Math.floor((h * Math.max(height, width)) / Math.min(height, width))
    return height <= width ? { height: h, width: long } : { height: long, width: h }
  }
  const ratio = (cropMode === 'border' ? Math.max : Math.min)(height / h, width / w)
  return { height: roundHalfEven(height / ratio), width: roundHalfEven(width / ratio) }
}

/**
 * What `minSize` may be when a picture is read for these options, so that preparing it comes to within a grey level of preparing
 * the whole picture: twice what it is resized to. Undefined where pixels are taken as they are.
 */
export function minSizeFor({
  size = 224,
  cropPct = 0.875,
  resize,
  interpolation,
}: PreprocessOptions): number | undefined {
  if (resize === null || (resize === undefined && size === null) || interpolation === 'nearest')
    return undefined
  return Math.ceil((2 * Math.max(...pairOf(resize ?? size!))) / (resize === undefined ? cropPct : 1))
}

const pairOf = (sides: Sides): readonly [number, number] =>
  typeof sides === 'number' ? [sides, sides] : sides

/** Where a resized picture stands in what the model sees. */
interface Crop extends Size {
  /** The part of the picture that is seen. */
  readonly inside: Window
  /** What is above and left of it. */
  readonly top: number
  readonly left: number
}

function placeOf(whole: Size, { size = 224, cropRule = 'torchvision' }: PreprocessOptions): Crop {
  const [height, width] = size === null ? [whole.height, whole.width] : pairOf(size)
  const along = (length: number, wanted: number) => {
    const rest = length - wanted
    // torchvision rounds to even, and its padding has the odd row last; Hugging Face rounds down, and has it first
    if (cropRule === 'huggingface') return Math.floor(rest / 2)
    return rest < 0 ? -Math.floor(-rest / 2) : roundHalfEven(rest / 2)
  }
  const [y, x] = [along(whole.height, height), along(whole.width, width)]
  const inside = {
    ...{ top: Math.max(0, y), left: Math.max(0, x) },
    ...{ height: Math.min(height, whole.height), width: Math.min(width, whole.width) },
  }
  return { height, width, inside, top: Math.max(0, -y), left: Math.max(0, -x) }
}

/** Python's `round`, by which torchvision places the crop. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x)
}

interface Normalisation {
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly bgr: boolean
  readonly rescale: number
  readonly crop: Crop
  /** The bytes around the picture. */
  readonly fill: readonly number[]
}

/** `[h, w, c]` → `[1, c, h, w]`, each channel scaled and shifted, with what is around it. */
function normalise(
  x: Tensor<ImageData>,
  { mean, std, bgr, rescale, crop, fill }: Normalisation,
): Tensor<Float32Array> {
  const { shape, stride, offset } = permute(x, [2, 0, 1])
  const [channels, height, width] = shape as [number, number, number]
  const [plane, row, column] = stride as [number, number, number]
  const y = allocate('float32', channels * crop.height * crop.width)
  const isBytes = isA(x.data, 'Uint8Array')
  const isWhole = height === crop.height && width === crop.width
  for (let c = 0; c < channels; c++) {
    const from = bgr ? channels - 1 - c : c
    const shifted = (value: number) =>
      Math.fround(Math.fround(value) - Math.fround(mean[c]!)) / Math.fround(std[c]!)
    const ofByte = Float32Array.from({ length: 256 }, (_, byte) => shifted(byte * rescale))
    const start = c * crop.height * crop.width
    if (!isWhole) y.fill(shifted(fill[from]! * rescale), start, start + crop.height * crop.width)
    for (let i = 0; i < height; i++) {
      const at = start + (crop.top + i) * crop.width + crop.left
      const first = offset + from * plane + i * row
      if (isBytes) {
        for (let j = 0; j < width; j++) y[at + j] = ofByte[x.data[first + j * column]!]!
      } else {
        for (let j = 0; j < width; j++) y[at + j] = shifted(x.data[first + j * column]! * 255 * rescale)
      }
    }
  }
  return { ...contiguous([1, channels, crop.height, crop.width]), data: y }
}
