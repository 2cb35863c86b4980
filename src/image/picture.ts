/** What a decoder gives, and the limits it keeps. */
import type { Tensor } from '../layout/tensor.ts'
import { ImageError } from './error.ts'
import type { Orientation } from './orientation.ts'

/** A decoded picture, as stored; `orientation` says how to turn it. */
export interface Picture {
  /** `[h, w, c]`, contiguous */
  readonly image: Tensor<Uint8Array>
  readonly orientation: Orientation
}

export interface ReadLimits {
  /** A picture of more pixels is refused before anything is decoded. */
  readonly maxPixels: number
}

/** How many bytes decoding may take for each of `maxPixels`: a little under a gigabyte if nothing else is said. */
const BYTES_PER_PIXEL = 14

/** Refuses a picture without pixels or with too many, from its header alone. */
export function checkSize(
  { width, height }: { readonly width: number; readonly height: number },
  bytesPerPixel: number,
  { maxPixels }: ReadLimits,
): void {
  if (width === 0 || height === 0) {
    throw new ImageError(
      'readImage',
      'image/empty',
      `the picture has no pixels — its size is ${width}×${height}`,
    )
  }
  const bytes = width * height * bytesPerPixel
  const most = BYTES_PER_PIXEL * maxPixels
  const tooLarge =
    width * height > maxPixels
      ? `it has more than ${maxPixels} pixels (maxPixels)`
      : bytes > most
        ? `decoding it takes ${mebibytes(bytes)}, expected at most ${mebibytes(most)} for this maxPixels`
        : undefined
  if (tooLarge !== undefined) {
    const what = `the picture of ${width}×${height} pixels is too large — ${tooLarge}`
    throw new ImageError('readImage', 'image/too-large', what)
  }
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`
