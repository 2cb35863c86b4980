/**
 * Augmentation, timm's plain recipe as functions of arrays: each takes pictures [b, c, h, w] and a stream of random numbers, and gives new ones. Crops, flips
 * and turns are one thing: where in the old picture the new one looks, by an affine map, between pixels bilinearly.
 */
import { materialize } from '../copy/copy.ts'
import { contiguous, isContiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { NdArray, Tensor } from '../layout/tensor.ts'
import { pair } from '../nn/check.ts'
import { expectOptions, type Kinds, kind } from '../nn/options.ts'
import { Random } from '../nn/random.ts'
import { asTensor, toNdarray } from '../ops/array.ts'
import { roomFor } from '../steps/result.ts'
import { mistake } from './refuse.ts'

export type Images = NdArray<Float32Array>

/** Random numbers: a stream, or the seed of one. */
export type RandomSource = Random | number

export function streamOf(random: RandomSource): Random {
  if (typeof random === 'number') return new Random(random)
  if (random instanceof Random) return random
  throw mistake('augmentation', `random is ${show(random)}, expected a Random, or the seed of one`)
}

/** Old place = matrix · new place + shift, [y, x], both measured from the middle, in pixels. */
interface Affine {
  readonly matrix: readonly [yy: number, yx: number, xy: number, xx: number]
  readonly shift: readonly [y: number, x: number]
}

/** New pictures of size [h, w], each by an affine map of its own; what lies outside is `fill`, or, for null, what lies at the edge. */
function warped(
  images: Images,
  [h, w]: readonly [number, number],
  fill: number | null,
  mapOf: (height: number, width: number) => Affine,
): Images {
  const { data, shape, offset } = pictures(images)
  const [count, channels, height, width] = shape as [number, number, number, number]
  const made = [count, channels, h, w]
  const result = roomFor('pictures', made, 'augmentation', () => new Float32Array(sizeOf(made)))
  const at = (plane: number, y: number, x: number) => {
    const inside = y >= 0 && y < height && x >= 0 && x < width
    if (!inside && fill !== null) return fill
    const row = Math.min(height - 1, Math.max(0, y))
    const column = Math.min(width - 1, Math.max(0, x))
    return data[plane + row * width + column]!
  }
  for (let i = 0; i < count; i++) {
    const { matrix, shift } = mapOf(height, width)
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++) {
        const dy = row - (h - 1) / 2
        const dx = column - (w - 1) / 2
        const y = matrix[0] * dy + matrix[1] * dx + shift[0] + (height - 1) / 2
        const x = matrix[2] * dy + matrix[3] * dx + shift[1] + (width - 1) / 2
        const top = Math.floor(y)
        const left = Math.floor(x)
        const fy = y - top
        const fx = x - left
        const hasFour = top >= 0 && left >= 0 && top < height - 1 && left < width - 1
        for (let channel = 0; channel < channels; channel++) {
          const plane = offset + (i * channels + channel) * height * width
          const first = plane + top * width + left
          const nw = hasFour ? data[first]! : at(plane, top, left)
          const ne = hasFour ? data[first + 1]! : at(plane, top, left + 1)
          const sw = hasFour ? data[first + width]! : at(plane, top + 1, left)
          const se = hasFour ? data[first + width + 1]! : at(plane, top + 1, left + 1)
          const upper = nw * (1 - fx) + ne * fx
          const lower = sw * (1 - fx) + se * fx
          result[((i * channels + channel) * h + row) * w + column] = upper * (1 - fy) + lower * fy
        }
      }
    }
  }
  return toNdarray({ data: result, ...contiguous(made) })
}

/** Height and width of pictures. */
function sidesOf(images: Images): [number, number] {
  const [, , height, width] = expectPictures(images).shape
  return [height!, width!]
}

function expectPictures(images: Images): Tensor<Float32Array> {
  const x = asTensor<Float32Array>(images, 'augmentation', 'the images')
  if (x.shape.length === 4 && x.data instanceof Float32Array) return x
  throw mistake('augmentation', `the images are not float32 [b, c, h, w] — got shape [${x.shape}]`)
}

/** Pictures in row-major order. */
export function pictures(images: Images): Tensor<Float32Array> {
  const x = expectPictures(images)
  return isContiguous(x) ? x : ({ ...contiguous(x.shape), data: materialize(x).data } as Tensor<Float32Array>)
}

export interface RandomResizedCropOptions {
  /** Height and width of the new pictures, or the side of squares; as the old ones if not given. */
  readonly size?: number | readonly [number, number] | undefined
  /** The least and the greatest part of the area; [0.08, 1] if not given. */
  readonly scale?: readonly [number, number] | undefined
  /** The least and the greatest ratio of width to height; [3/4, 4/3] if not given. */
  readonly ratio?: readonly [number, number] | undefined
}

/** The least and the greatest. */
const range = (expected: string, has: (value: number) => boolean) => ({
  expected,
  has: (value: unknown) =>
    Array.isArray(value) && value.length === 2 && value.every((one) => kind.number.has(one) && has(one)),
})
const fromZero = range('two numbers from 0', (value) => value >= 0)
const aboveZero = range('two numbers above 0', (value) => value > 0)
const cropKinds: Kinds<RandomResizedCropOptions> = { size: kind.sides, scale: fromZero, ratio: aboveZero }

/**
 * A random part of each picture, resized (torchvision's `RandomResizedCrop`).
 *
 * @example
 * const images = ndarray(new Float32Array(2 * 3 * 16 * 16), [2, 3, 16, 16])
 * randomResizedCrop(images, 1, { size: [8, 8] }).shape // → [2, 3, 8, 8]
 */
export function randomResizedCrop(
  images: Images,
  random: RandomSource,
  options: RandomResizedCropOptions = {},
): Images {
  expectOptions('randomResizedCrop', options, cropKinds)
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options
  const stream = streamOf(random)
  const [h, w] = size === undefined ? sidesOf(images) : pair(size)
  return warped(images, [h, w], null, (height, width) => {
    const [crop, place] = cropOf(height, width, scale, ratio, stream)
    const shift = [place[0] + (crop[0] - height) / 2, place[1] + (crop[1] - width) / 2] as const
    return { matrix: [crop[0] / h, 0, 0, crop[1] / w], shift }
  })
}

/** Size and corner of a crop: ten tries, then the whole. */
function cropOf(
  height: number,
  width: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): [readonly [number, number], readonly [number, number]] {
  for (let i = 0; i < 10; i++) {
    const area = height * width * random.uniform(scale[0], scale[1])
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const [h, w] = [Math.round(Math.sqrt(area / aspect)), Math.round(Math.sqrt(area * aspect))]
    if (h < 1 || w < 1 || h > height || w > width) continue
    const place = [height - h, width - w].map((room) => Math.floor(random.uniform(0, room + 1)))
    return [[h, w], place as [number, number]]
  }
  return [
    [height, width],
    [0, 0],
  ]
}

/**
 * Each picture mirrored from left to right with probability `p`.
 *
 * @example
 * const images = ndarray(new Float32Array([1, 2, 3, 4]), [1, 1, 1, 4])
 * [...randomFlip(images, 1, 1).data] // → [4, 3, 2, 1]
 */
export function randomFlip(images: Images, random: RandomSource, p: number = 0.5): Images {
  const stream = streamOf(random)
  return warped(images, sidesOf(images), null, () => ({
    matrix: [1, 0, 0, stream.uniform() < p ? -1 : 1],
    shift: [0, 0],
  }))
}

export interface RandomAffineOptions {
  /** Turned by at most so many degrees either way; 10 if not given. */
  readonly degrees?: number | undefined
  /** Moved by at most this part of the sides; 0.1 if not given. */
  readonly translate?: number | undefined
  /** The least and the greatest size; [0.9, 1.1] if not given. */
  readonly scale?: readonly [number, number] | undefined
  /** Slanted by at most so many degrees either way; 0 if not given. */
  readonly shear?: number | undefined
  /** What lies outside of the old picture; 0 if not given. */
  readonly fill?: number | undefined
}

const affineKinds: Kinds<RandomAffineOptions> = {
  degrees: kind.number,
  translate: kind.number,
  scale: aboveZero,
  shear: kind.number,
  fill: kind.number,
}

/**
 * Each picture a little turned, moved, scaled and slanted: what digits are trained with (torchvision's `RandomAffine`).
 *
 * @example
 * const digits = ndarray(new Float32Array(2 * 28 * 28), [2, 1, 28, 28])
 * randomAffine(digits, 7, { degrees: 10 }).shape // → [2, 1, 28, 28]
 */
export function randomAffine(
  images: Images,
  random: RandomSource,
  options: RandomAffineOptions = {},
): Images {
  expectOptions('randomAffine', options, affineKinds)
  const { degrees = 10, translate = 0.1, scale = [0.9, 1.1], shear = 0, fill = 0 } = options
  const stream = streamOf(random)
  const [h, w] = sidesOf(images)
  const angle = (most: number) => (stream.uniform(-most, most) * Math.PI) / 180
  return warped(images, [h, w], fill, () => {
    const [turn, slant] = [angle(degrees), Math.tan(angle(shear))]
    const size = 1 / stream.uniform(scale[0], scale[1])
    const [cos, sin] = [Math.cos(turn) * size, Math.sin(turn) * size]
    const shift = [
      stream.uniform(-translate, translate) * h,
      stream.uniform(-translate, translate) * w,
    ] as const
    return { matrix: [cos, sin, slant * cos - sin, slant * sin + cos], shift }
  })
}

export interface ColorJitterOptions {
  /** Each factor lies between 1 − this and 1 + this; 0.4 if not given. */
  readonly brightness?: number | undefined
  readonly contrast?: number | undefined
  readonly saturation?: number | undefined
}

const jitterKinds: Kinds<ColorJitterOptions> = {
  brightness: kind.number,
  contrast: kind.number,
  saturation: kind.number,
}

/**
 * Brightness, contrast and saturation of each picture changed by random factors (timm's `color_jitter` of 0.4).
 *
 * @param images of values from 0 to 1, before they are normalised; the result is cut to that range
 *
 * @example
 * const images = ndarray(new Float32Array(3 * 4 * 4).fill(0.5), [1, 3, 4, 4])
 * colorJitter(images, 3).shape // → [1, 3, 4, 4]
 */
export function colorJitter(images: Images, random: RandomSource, options: ColorJitterOptions = {}): Images {
  expectOptions('colorJitter', options, jitterKinds)
  const { brightness = 0.4, contrast = 0.4, saturation = 0.4 } = options
  const stream = streamOf(random)
  const { data, shape, offset } = pictures(images)
  const [b, c, h, w] = shape as [number, number, number, number]
  const result = data.slice(offset, offset + sizeOf(shape))
  const cut = (value: number) => Math.min(1, Math.max(0, value))
  const luma = c === 3 ? [0.299, 0.587, 0.114] : Array.from({ length: c }, () => 1 / c)
  for (let i = 0; i < b; i++) {
    const picture = result.subarray(i * c * h * w, (i + 1) * c * h * w)
    const [bright, contrasty, colourful] = [brightness, contrast, saturation].map((most) =>
      stream.uniform(Math.max(0, 1 - most), 1 + most),
    ) as [number, number, number]
    const greyAt = (pixel: number) =>
      luma.reduce((sum, share, j) => sum + share * picture[j * h * w + pixel]!, 0)
    for (let p = 0; p < picture.length; p++) picture[p] = cut(picture[p]! * bright)
    let mean = 0
    for (let pixel = 0; pixel < h * w; pixel++) mean += greyAt(pixel) / (h * w)
    for (let p = 0; p < picture.length; p++) picture[p] = cut(mean + (picture[p]! - mean) * contrasty)
    for (let pixel = 0; pixel < h * w; pixel++) {
      const grey = greyAt(pixel)
      for (let j = 0; j < c; j++) {
        const p = j * h * w + pixel
        picture[p] = cut(grey + (picture[p]! - grey) * colourful)
      }
    }
  }
  return toNdarray({ data: result, ...contiguous(shape) })
}
