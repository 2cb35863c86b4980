/** Resizing a picture: which weights and which arithmetic (resample.ts) an image and its options ask for. */

import { materialize } from '../copy/copy.ts'
import { dtypeOf } from '../layout/data.ts'
import { isContiguous } from '../layout/layout.ts'
import { isA } from '../layout/realms.ts'
import type { NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, toNdarray } from '../ops/array.ts'
import { each, type Kinds, kind } from '../ops/kinds.ts'
import { ImageError } from './error.ts'
import { expectOptions, interpolation } from './options.ts'
import {
  antialiasedTaps,
  type Interpolation,
  nearestTaps,
  pointTaps,
  resampleBytes,
  resampleFloats,
  type Taps,
} from './resample.ts'

/** Elements of a picture: 0…255, or floats of any range. */
export type ImageData = Uint8Array | Float32Array | Float64Array

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
 * Resizes a picture. uint8 gives the very bytes that Pillow's `Image.resize` gives for each channel, floats what torch's
 * `interpolate` gives (there bicubic has a = −0.5 with antialiasing and −0.75 without).
 *
 * @param image `[h, w, c]` of any strides, uint8, float32 or float64
 * @returns `[height, width, c]` of the same dtype, contiguous
 * @throws ImageError when shape, dtype or options do not fit
 *
 * @example
 * const image = ndarray(new Uint8Array(8 * 6 * 3), [8, 6, 3])
 * resize(image, { height: 4, width: 3 }).shape // [4, 3, 3]
 */
export function resize<D extends ImageData>(image: NdArray<D>, options: ResizeOptions): NdArray<D> {
  expectOptions('resize', options, kinds)
  return toNdarray(resizeTensor(checkImage(image, 'resize'), options, 'resize'))
}

/** `resize` for the rooms above: x is `[h, w, c]`. */
export function resizeTensor<D extends ImageData>(
  x: Tensor<D>,
  options: ResizeOptions,
  operation: string,
): Tensor<D> {
  const { height, width, interpolation: name } = options
  if (name !== undefined) expectOptions(operation, { interpolation: name }, { interpolation })
  for (const [name, length] of Object.entries({ height, width })) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new ImageError(operation, 'option/size', `${name} is ${length}, expected an integer from 1`)
    }
  }
  // columns first, as Pillow: the bytes between the two steps are rounded
  const wide = resampleAxis(x, 1, width, options, operation)
  const resized = resampleAxis(wide, 0, height, options, operation)
  return resized === x ? materialize(x) : resized
}

function resampleAxis<D extends ImageData>(
  x: Tensor<D>,
  axis: number,
  outLength: number,
  options: ResizeOptions,
  operation: string,
): Tensor<D> {
  const inLength = x.shape[axis]!
  if (inLength === outLength) return x
  const packed = isContiguous(x) ? x : materialize(x)
  const isBytes = isA(packed.data, 'Uint8Array')
  const taps = tapsOf(inLength, outLength, isBytes, options, operation)
  return (
    isBytes
      ? resampleBytes(packed as Tensor<Uint8Array>, axis, taps)
      : resampleFloats(packed as Tensor<Float32Array>, axis, taps)
  ) as Tensor<D>
}

function tapsOf(
  inLength: number,
  outLength: number,
  isBytes: boolean,
  { interpolation = 'bicubic', antialias = true, alignCorners = false }: ResizeOptions,
  operation: string,
): Taps {
  if (alignCorners && (antialias || interpolation === 'nearest')) {
    throw new ImageError(
      operation,
      'option/align',
      'alignCorners is only for bilinear and bicubic with antialias: false',
    )
  }
  if (interpolation === 'nearest') return nearestTaps(inLength, outLength, isBytes ? 'pillow' : 'torch')
  if (antialias) return antialiasedTaps(inLength, outLength, interpolation)
  if (interpolation === 'lanczos') {
    throw new ImageError(
      operation,
      'option/antialias',
      'lanczos is always antialiased — leave antialias away',
    )
  }
  return pointTaps(inLength, outLength, interpolation, { alignCorners })
}

/** Refuses what is not a picture `[h, w, c]` with pixels. */
export function checkImage<D extends ImageData>(image: NdArray<D>, operation: string): Tensor<D> {
  const x = asTensor(image, operation)
  if (x.shape.length !== 3 || x.shape.includes(0)) {
    throw new ImageError(
      operation,
      'image/shape',
      `the image has shape [${x.shape}], expected [h, w, c], each at least 1`,
    )
  }
  if (!['uint8', 'buffer', 'float32', 'float64'].includes(dtypeOf(x.data))) {
    throw new ImageError(
      operation,
      'image/dtype',
      `the image has dtype ${image.dtype}, expected uint8, float32 or float64`,
    )
  }
  return x
}
