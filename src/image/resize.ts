/** Resizing a picture: which weights and which arithmetic (resample.ts) an image and its options ask for. */

import { materialize } from '../copy/copy.ts'
import { dtypeOf } from '../layout/data.ts'
import { contiguous, isContiguous, slice } from '../layout/layout.ts'
import { isA } from '../layout/realms.ts'
import type { NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, toNdarray } from '../ops/array.ts'
import { each, type Kinds, kind } from '../ops/kinds.ts'
import { premultiply, unpremultiply } from './alpha.ts'
import { ImageError } from './error.ts'
import { expectOptions, interpolation } from './options.ts'
import type { Box } from './picture.ts'
import {
  antialiasedTaps,
  type Interpolation,
  nearestTaps,
  pointTaps,
  resampleBytes,
  resampleFloats,
  type Span,
  type Taps,
} from './resample.ts'

/** Elements of a picture: 0…255, or floats of any range. */
export type ImageData = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array

export interface ResizeOptions {
  readonly height: number
  readonly width: number
  /** @default 'bicubic' */
  readonly interpolation?: Interpolation | undefined
  /** Widens the filter when the image becomes smaller, as Pillow always does. @default true */
  readonly antialias?: boolean | undefined
  /** Maps the corner pixels' centres onto each other (torch's `align_corners`), only without antialiasing. @default false */
  readonly alignCorners?: boolean | undefined
}

const kinds: Kinds<ResizeOptions> = {
  ...each(kind.anything, 'height', 'width'), // checked below
  interpolation,
  ...each(kind.flag, 'antialias', 'alignCorners'),
}

/**
 * Resizes a picture. uint8 gives the very bytes that Pillow's `Image.resize` gives, floats what torch's `interpolate` gives
 * (there bicubic has a = −0.5 with antialiasing and −0.75 without). The last of two or four channels of uint8 is alpha: what is
 * hidden has no part in the colours beside it.
 *
 * @param image `[h, w, c]` of any strides, uint8, uint8_clamped (as a canvas has it), float32 or float64
 * @returns `[height, width, c]` of the same dtype, contiguous
 * @throws ImageError when shape, dtype or options do not fit
 *
 * @example
 * const image = ndarray(new Uint8Array(8 * 6 * 3), [8, 6, 3])
 * resize(image, { height: 4, width: 3 }).shape // [4, 3, 3]
 */
export function resize<D extends ImageData>(image: NdArray<D>, options: ResizeOptions): NdArray<D> {
  expectOptions('resize', options, kinds)
  const x = checkImage(image, 'resize')
  const [height, width, channels] = x.shape
  const isSame = options.height === height && options.width === width
  const finish = (y: Tensor<ImageData>) => toNdarray(asGiven(y, image)) as NdArray<D>
  const hasAlpha = isA(x.data, 'Uint8Array') && (channels === 2 || channels === 4)
  if (!hasAlpha || isSame || options.interpolation === 'nearest') {
    return finish(resizeTensor(x, options, 'resize'))
  }
  const resized = resizeTensor(premultiply(x as Tensor<Uint8Array>), options, 'resize')
  return finish(unpremultiply(resized))
}

/** Bytes under the type that the picture had. */
function asGiven(y: Tensor<ImageData>, image: NdArray<ImageData>): Tensor<ImageData> {
  if (dtypeOf(image.data) !== 'uint8_clamped') return y
  const { buffer, byteOffset, length } = y.data
  return { ...y, data: new Uint8ClampedArray(buffer, byteOffset, length) }
}

/** The part of a resized picture that is wanted, in whole pixels of it. */
export type Window = Box

/**
 * `resize` for the rooms above: x is `[h, w, c]`, of which `box` becomes the resized picture, all where it is not given. Only
 * what `window` wants of that is computed.
 */
export function resizeTensor<D extends ImageData>(
  x: Tensor<D>,
  options: ResizeOptions,
  operation: string,
  window: Window = { top: 0, left: 0, height: options.height, width: options.width },
  box: Box = { top: 0, left: 0, height: x.shape[0]!, width: x.shape[1]! },
): Tensor<D> {
  const { height, width, interpolation: name } = options
  if (name !== undefined) expectOptions(operation, { interpolation: name }, { interpolation })
  for (const [name, length] of Object.entries({ height, width })) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new ImageError(operation, 'option/size', `${name} is ${length}, expected an integer from 1`)
    }
  }
  const isBytes = isA(x.data, 'Uint8Array')
  const tapsAlong = (axis: 0 | 1, outLength: number): Taps | undefined => {
    const [start, extent, from, length] =
      axis === 0
        ? [box.top, box.height, window.top, window.height]
        : [box.left, box.width, window.left, window.width]
    const inLength = x.shape[axis]!
    if (inLength === outLength && extent === inLength) return undefined
    return tapsOf(
      { inLength, start, extent, outLength, from, to: from + length },
      isBytes,
      options,
      operation,
    )
  }
  const rows = tapsAlong(0, height)
  const columns = tapsAlong(1, width)
  const [first, last] = rows === undefined ? [window.top, window.top + window.height] : reach(rows)
  const strip = narrow(x, 0, first, last)
  // columns first, as Pillow: the bytes between the two steps are rounded
  const wide =
    columns === undefined
      ? narrow(strip, 1, window.left, window.left + window.width)
      : resample(strip, 1, columns)
  const resized =
    rows === undefined ? wide : resample(wide, 0, { ...rows, starts: rows.starts.map((at) => at - first) })
  return resized.data === x.data ? materialize(resized) : resized
}

/** The inputs that some outputs are sums of. */
function reach({ starts, counts }: Taps): [first: number, last: number] {
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  for (let i = 0; i < starts.length; i++) {
    first = Math.min(first, starts[i]!)
    last = Math.max(last, starts[i]! + counts[i]!)
  }
  return [first, last]
}

const narrow = <D extends ImageData>(x: Tensor<D>, axis: number, from: number, to: number): Tensor<D> => ({
  data: x.data,
  ...slice(x, axis, from, to),
})

function resample<D extends ImageData>(x: Tensor<D>, axis: number, taps: Taps): Tensor<D> {
  const packed = isContiguous(x) ? x : materialize(x)
  const resampled = isA(packed.data, 'Uint8Array')
    ? resampleBytes(packed as Tensor<Uint8Array>, axis, taps)
    : resampleFloats(packed as Tensor<Float32Array>, axis, taps)
  return resampled as Tensor<D>
}

function tapsOf(
  span: Span,
  isBytes: boolean,
  {
    interpolation = 'bicubic',
    antialias = true,
    alignCorners = false,
  }: Omit<ResizeOptions, 'height' | 'width'>,
  operation: string,
): Taps {
  if (alignCorners && (antialias || interpolation === 'nearest')) {
    throw new ImageError(
      operation,
      'option/align',
      'alignCorners is only for bilinear and bicubic with antialias: false',
    )
  }
  if (interpolation === 'nearest') return nearestTaps(span, isBytes ? 'pillow' : 'torch')
  if (antialias) return antialiasedTaps(span, interpolation)
  if (interpolation === 'lanczos' || interpolation === 'box' || interpolation === 'hamming') {
    throw new ImageError(
      operation,
      'option/antialias',
      `${interpolation} is always antialiased — leave antialias away`,
    )
  }
  return pointTaps(span, interpolation, { alignCorners })
}

/** The weights of one axis as a matrix, [outLength, inLength]: what `resize` multiplies floats by. */
export function resizeMatrix(
  inLength: number,
  outLength: number,
  options: Omit<ResizeOptions, 'height' | 'width'>,
  operation: string,
): Tensor<Float32Array> {
  const { starts, counts, width, weights } = tapsOf(
    { inLength, start: 0, extent: inLength, outLength, from: 0, to: outLength },
    false,
    options,
    operation,
  )
  const matrix = { ...contiguous([outLength, inLength]), data: new Float32Array(outLength * inLength) }
  for (let i = 0; i < outLength; i++) {
    const taps = weights.subarray(i * width, i * width + counts[i]!)
    matrix.data.set(taps, i * inLength + starts[i]!)
  }
  return matrix
}

/** Refuses what is not a picture `[h, w, c]` with pixels; clamped bytes are seen as plain ones. */
export function checkImage<D extends ImageData>(image: NdArray<D>, operation: string): Tensor<D> {
  const mistake = mistakeIn(image)
  if (mistake !== undefined) throw new ImageError(operation, 'image/type', mistake)
  let x = asTensor(image, operation)
  if (dtypeOf(x.data) === 'uint8_clamped') {
    const { buffer, byteOffset, length } = x.data
    const data = new Uint8Array(buffer, byteOffset, length)
    x = { data: data as ImageData as D, shape: x.shape, stride: x.stride, offset: x.offset }
  }
  if (x.shape.length !== 3 || x.shape.includes(0)) {
    throw new ImageError(
      operation,
      'image/shape',
      `the image has shape [${x.shape}], expected [h, w, c], each at least 1${
        x.shape.length === 4 ? '; several are prepared one by one' : ''
      }`,
    )
  }
  if (!['uint8', 'buffer', 'float32', 'float64'].includes(dtypeOf(x.data))) {
    throw new ImageError(
      operation,
      'image/dtype',
      `the image has dtype ${image.dtype}, expected uint8, uint8_clamped, float32 or float64`,
    )
  }
  return x
}

/** What is given in place of a picture: the bytes of a file, or several pictures. */
function mistakeIn(image: unknown): string | undefined {
  const isBlob = typeof Blob !== 'undefined' && image instanceof Blob
  if (isBlob || ArrayBuffer.isView(image) || image instanceof ArrayBuffer)
    return 'the bytes of a file are no picture yet — await readImage(bytes) decodes them'
  if (Array.isArray(image) && image.length > 0 && !image.some((one) => typeof one !== 'object'))
    return `got a list of ${image.length}, expected one picture — rearrange(list.map((image) => preprocess(image)), 'n 1 c h w -> n c h w') makes a batch`
  return undefined
}
