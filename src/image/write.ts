/** Writing a picture; the encoder is fast-png's. */

import { encode } from 'fast-png'
import { materialize } from '../copy/copy.ts'
import { dtypeOf } from '../layout/data.ts'
import { isByteDtype } from '../layout/dtype.ts'
import type { NdArray } from '../layout/tensor.ts'
import { asTensor } from '../ops/array.ts'
import { ImageError } from './error.ts'

/**
 * Writes a picture as a PNG file.
 *
 * @param image uint8 `[h, w, c]` of any strides, c: grey (1), grey and alpha (2), RGB (3), RGB and alpha (4); or `[h, w]`, grey
 * @returns the whole file
 * @throws ImageError when the shape or dtype is another
 *
 * @example
 * const png = writePng(ndarray(new Uint8Array(2 * 3 * 3).fill(200), [2, 3, 3]))
 */
export function writePng(image: NdArray<Uint8Array> | NdArray<Uint8ClampedArray>): Uint8Array<ArrayBuffer> {
  const tensor = asTensor(image as NdArray<Uint8Array>, 'writePng')
  const [height = 0, width = 0, channels = 1] = tensor.shape
  if (![2, 3].includes(tensor.shape.length) || height === 0 || width === 0 || channels < 1 || channels > 4) {
    throw new ImageError(
      'writePng',
      'image/shape',
      `the image has shape [${tensor.shape}], expected [h, w, c] with 1 to 4 channels, or [h, w]`,
    )
  }
  const { data, offset } = materialize<Uint8Array | Uint8ClampedArray>(tensor)
  if (!isByteDtype(dtypeOf(data))) {
    throw new ImageError(
      'writePng',
      'image/dtype',
      `the image has dtype ${image.dtype}, expected uint8 — scale the values to 0…255 and round them`,
    )
  }
  const size = height * width * channels
  return encode({
    width,
    height,
    channels,
    depth: 8,
    data: new Uint8Array(data.buffer, data.byteOffset + offset, size),
  }) as Uint8Array<ArrayBuffer>
}
