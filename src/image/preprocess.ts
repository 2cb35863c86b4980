/** From a picture to a model's input, step by step as torchvision's and timm's evaluation transforms do it. */
import { allocate } from '../layout/data.ts'
import { contiguous, permute, slice } from '../layout/layout.ts'
import type { NdArray, Tensor } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { each, type Kind, type Kinds, kind } from '../ops/kinds.ts'
import { ImageError } from './error.ts'
import { expectOptions, interpolation } from './options.ts'
import type { Reduction } from './picture.ts'
import type { Interpolation } from './resample.ts'
import { checkImage, type ImageData, resizeTensor, type Window } from './resize.ts'

/** Mean of ImageNet's pixels, R, G, B in 0…1, and their standard deviation below (torchvision's). */
export const IMAGENET_MEAN: readonly number[] = Object.freeze([0.485, 0.456, 0.406])
export const IMAGENET_STD: readonly number[] = Object.freeze([0.229, 0.224, 0.225])

export interface PreprocessOptions {
  /** Side of the square that the model sees. @default 224 */
  readonly size?: number | undefined
  /** Which part of the resized picture's short side is kept. @default 0.875 */
  readonly cropPct?: number | undefined
  /** @default 'bicubic' */
  readonly interpolation?: Interpolation | undefined
  /** One number for every channel that the model takes. @default IMAGENET_MEAN */
  readonly mean?: readonly number[] | undefined
  /** @default IMAGENET_STD */
  readonly std?: readonly number[] | undefined
}

const kinds: Kinds<PreprocessOptions> = {
  ...each(kind.anything, 'size', 'cropPct'), // checked below
  interpolation,
  mean: listOf('a list of numbers from -1 to 1, as pixels are 0…1', (value) => Math.abs(value) <= 1),
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
 * (rounded down, as is the long side), antialiased; the centre is cut out; values 0…1 are normalised per channel.
 *
 * Grey becomes RGB where `mean` has three numbers, an alpha channel is dropped (as Pillow's `convert('RGB')` does).
 *
 * @param image `[h, w, c]` of any strides; uint8 or uint8_clamped 0…255, or floats 0…1
 * @returns float32 `[1, c, size, size]`, c = the length of `mean`
 * @throws ImageError when shape, dtype or options do not fit
 *
 * @example
 * const image = ndarray(new Uint8Array(300 * 400 * 3), [300, 400, 3])
 * preprocess(image, { size: 224, cropPct: 0.9, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }).shape // [1, 3, 224, 224]
 */
export function preprocess(
  image: NdArray<ImageData>,
  options: PreprocessOptions = {},
): NdArray<Float32Array> {
  expectOptions('preprocess', options, kinds)
  const { size = 224, cropPct = 0.875, mean = IMAGENET_MEAN, std = IMAGENET_STD } = options
  checkOptions(size, cropPct, mean, std)
  const x = takeChannels(checkImage(image, 'preprocess'), mean.length)
  // of a picture that was decoded smaller, what it was
  const { reduction } = image as { readonly reduction?: Reduction }
  const shape = reduction === undefined ? x.shape : [reduction.height, reduction.width]
  const whole = { ...sizeBeforeCrop({ shape }, size, cropPct), interpolation: options.interpolation }
  // what is cut off is never made
  const cropped = resizeTensor(x, whole, 'preprocess', centreOf(whole, size), reduction?.box)
  return toNdarray(normalise(cropped, { mean, std }))
}

function checkOptions(size: number, cropPct: number, mean: readonly number[], std: readonly number[]): void {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new ImageError('preprocess', 'option/size', `size is ${size}, expected an integer from 1`)
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

/** The view of a picture with `channels` channels: grey repeated, alpha left out. */
function takeChannels<D extends ImageData>(x: Tensor<D>, channels: number): Tensor<D> {
  const has = x.shape[2]!
  if (has === channels) return x
  if (has === channels + 1 && (channels === 1 || channels === 3))
    return { data: x.data, ...slice(x, 2, 0, channels) }
  if (has <= 2 && channels === 3) {
    const { data, shape, stride, offset } = x
    return { data, shape: shape.with(2, 3), stride: stride.with(2, 0), offset }
  }
  throw new ImageError(
    'preprocess',
    'image/channels',
    `the image has ${has} channel${has === 1 ? '' : 's'}, mean has ${channels} number${channels === 1 ? '' : 's'}`,
  )
}

function sizeBeforeCrop({ shape }: Pick<Tensor, 'shape'>, size: number, cropPct: number) {
  const [height, width] = shape as [number, number]
  const short = Math.floor(size / cropPct)
  const long = Math.floor((short * Math.max(height, width)) / Math.min(height, width))
  return height <= width ? { height: short, width: long } : { height: long, width: short }
}

function centreOf(
  { height, width }: { readonly height: number; readonly width: number },
  size: number,
): Window {
  const [top, left] = [height, width].map((length) => roundHalfEven((length - size) / 2)) as [number, number]
  return { top, left, height: size, width: size }
}

/** Python's `round`, by which torchvision places the crop. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x)
}

/** `[h, w, c]` → `[1, c, h, w]`, each channel shifted and scaled; bytes are 0…1 before. */
function normalise(
  x: Tensor<ImageData>,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): Tensor<Float32Array> {
  const { shape, stride, offset } = permute(x, [2, 0, 1])
  const [channels, height, width] = shape as [number, number, number]
  const [plane, row, column] = stride as [number, number, number]
  const y = allocate('float32', channels * height * width)
  let at = 0
  for (let c = 0; c < channels; c++) {
    const shifted = (value: number) => (value - mean[c]!) / std[c]!
    const ofByte = Float32Array.from({ length: 256 }, (_, byte) => shifted(byte / 255))
    for (let i = 0; i < height; i++) {
      const from = offset + c * plane + i * row
      if (x.data instanceof Uint8Array) {
        for (let j = 0; j < width; j++) y[at++] = ofByte[x.data[from + j * column]!]!
      } else {
        for (let j = 0; j < width; j++) y[at++] = shifted(x.data[from + j * column]!)
      }
    }
  }
  return { ...contiguous([1, channels, height, width]), data: y }
}
