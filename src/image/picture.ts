/** What a decoder gives, and the limits it keeps. */
import type { Tensor } from '../layout/tensor.ts'
import { ImageError } from './error.ts'

/** A decoded picture. */
export interface Picture {
  /** `[h, w, c]`, upright, of any strides */
  readonly image: Tensor<Uint8Array>
  /** A sentence for each thing in the file that is not as it should be and was read all the same. */
  readonly warnings: readonly string[]
  /** Where it was decoded smaller than it is. */
  readonly reduction?: Reduction | undefined
}

/** A rectangle in pixels, which need not be whole. */
export interface Box {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** What a picture was before it was decoded smaller. */
export interface Reduction {
  readonly height: number
  readonly width: number
  /** The part of the smaller one that it fills: of the last row and column sometimes less than all. */
  readonly box: Box
}

export interface ReadLimits {
  /** A picture of more pixels is refused before anything is decoded. @default 2^26 */
  readonly maxPixels: number
}

/** Refuses a picture without pixels or with too many, from its header alone. */
export function checkSize(
  { width, height }: { readonly width: number; readonly height: number },
  { maxPixels }: ReadLimits,
): void {
  if (width === 0 || height === 0) {
    throw new ImageError(
      'readImage',
      'image/empty',
      `the picture has no pixels — its size is ${width}×${height}`,
    )
  }
  if (width * height > maxPixels) {
    const what = `the picture of ${width}×${height} pixels is too large — it has more than ${maxPixels} pixels (maxPixels)`
    throw new ImageError('readImage', 'image/too-large', what)
  }
}
