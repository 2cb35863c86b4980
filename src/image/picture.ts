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
  if (width * height > maxPixels || width * height * bytesPerPixel > 4 * maxPixels) {
    throw new ImageError(
      'readImage',
      'image/too-large',
      `the picture is too large — ${width}×${height} at ${8 * bytesPerPixel} bits a pixel, ` +
        `expected at most ${maxPixels} pixels (maxPixels)`,
    )
  }
}
