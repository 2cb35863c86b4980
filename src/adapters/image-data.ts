/** Pictures of the browser's canvas: rows of red, green, blue and alpha, one byte each (HTML Standard, `ImageData`). */

import { copyInto } from '../copy/copy.ts'
import { isByteDtype } from '../layout/dtype.ts'
import { contiguousStride, slice } from '../layout/layout.ts'
import type { CanvasImageData } from '../layout/platform.ts'
import { isA } from '../layout/realms.ts'
import { showShape } from '../layout/show.ts'
import type { NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, dtypeOf, makeNdarray } from '../ops/array.ts'
import { rowMajor } from './dims.ts'
import { expectMembers, refuse } from './refuse.ts'

/** What an `ImageData` has. */
export interface ImageDataLike {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

/**
 * An array over a canvas's pixels, on their memory: no element is copied.
 *
 * @param image what `context.getImageData` gives
 * @returns uint8_clamped `[h, w, 4]`; the last axis is red, green, blue, alpha
 * @throws {EinopsError} when there are not four bytes for each pixel, as in a float16 canvas
 *
 * @example
 * const image = { data: new Uint8ClampedArray(4 * 2 * 3), width: 3, height: 2 } // as getImageData gives it
 * rearrange(fromImageData(image), 'h w c -> c h w') // [4, 2, 3]
 */
export function fromImageData(image: ImageDataLike): NdArray<Uint8ClampedArray> {
  expectMembers('fromImageData', image, 'data, width and height')
  const { data, width, height } = image
  if (dtypeOf(data) !== 'uint8_clamped' || data.length !== width * height * 4) {
    const got = `${data?.length} elements of ${data && dtypeOf(data)} for ${width} × ${height}`
    throw refuse('fromImageData', 'adapter/shape', 'not four bytes for each pixel', got, 'width · height · 4')
  }
  const shape = [height, width, 4]
  return makeNdarray(data, shape, contiguousStride(shape), 0)
}

/**
 * An `ImageData` of an array's pixels, ready for `context.putImageData`: on the array's memory where it holds row-major
 * `[h, w, 4]`, else one copy. Where the platform has no `ImageData`, an object with its members.
 *
 * @param x bytes `[h, w]` or `[h, w, 1]` (grey), `[h, w, 3]` (opaque colour) or `[h, w, 4]`, any strides
 * @throws {EinopsError} for another shape or dtype, and for a picture without pixels, which `ImageData` cannot be
 *
 * @example
 * const planes = ndarray(new Uint8Array(3 * 2 * 5).fill(255), [3, 2, 5])
 * const image = toImageData(rearrange(planes, 'c h w -> h w c'))
 * image.width // → 5
 * image.data.length // → 40
 */
export function toImageData(x: Tensor): CanvasImageData {
  asTensor(x, 'toImageData')
  const dtype = dtypeOf(x.data)
  if (!isByteDtype(dtype)) {
    const hint =
      dtype === 'float32' || dtype === 'float64'
        ? 'scale to 0 … 255 and put them into a Uint8ClampedArray, which rounds'
        : undefined
    throw refuse(
      'toImageData',
      'adapter/dtype',
      'the elements are no bytes',
      dtype,
      'uint8 or uint8_clamped',
      hint,
    )
  }
  const [height = 0, width = 0, channels = 1] = x.shape
  const rank = x.shape.length
  if (rank < 2 || rank > 3 || ![1, 3, 4].includes(channels) || height * width === 0) {
    throw refuse(
      'toImageData',
      'adapter/shape',
      'not a picture',
      showShape(x.shape),
      '[h, w] or [h, w, 1, 3 or 4]',
    )
  }
  const pixels =
    channels === 4 ? clamped(rowMajor(x, 'toImageData').data as Uint8Array) : paint(x, height, width)
  // what shares its memory with other threads, ImageData refuses
  const own = isA(pixels.buffer, 'ArrayBuffer') ? pixels : new Uint8ClampedArray(pixels)
  if (typeof ImageData === 'undefined') {
    return { data: own as Uint8ClampedArray<ArrayBuffer>, width, height, colorSpace: 'srgb' } as ImageData
  }
  return new ImageData(own as Uint8ClampedArray<ArrayBuffer>, width, height)
}

/** The same bytes under the type that `ImageData` wants. */
function clamped({ buffer, byteOffset, length }: Uint8Array): Uint8ClampedArray {
  return new Uint8ClampedArray(buffer, byteOffset, length)
}

/** Opaque pixels of grey or colour. */
function paint(x: Tensor, height: number, width: number): Uint8ClampedArray {
  const data = new Uint8ClampedArray(height * width * 4).fill(255)
  const pixels = { data, shape: [height, width, 4], stride: [width * 4, 4, 1], offset: 0 }
  const colour = slice(pixels, 2, 0, 3)
  const [down = 0, right = 0, across = 0] = x.stride
  // grey [h, w] or [h, w, 1] counts as [h, w, 3] with stride 0
  const step = x.shape[2] === 3 ? across : 0
  copyInto(
    { data: x.data, shape: [height, width, 3], stride: [down, right, step], offset: x.offset },
    { ...colour, data },
  )
  return data
}
