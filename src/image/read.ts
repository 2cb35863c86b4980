/** Reading a picture: finds out what kind of file it is and who decodes it. */
import { materialize } from '../copy/copy.ts'
import { isContiguous } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { type Kinds, kind, oneOf } from '../ops/kinds.ts'
import { hasCanvas, readByBrowser } from './browser.ts'
import { ImageError } from './error.ts'
import { formatOf, isJpeg, isPng, isReadBySharp, whatItIs } from './formats.ts'
import { readJpeg } from './jpeg.ts'
import { expectOptions } from './options.ts'
import type { Picture, Reduction } from './picture.ts'
import { readPng } from './png.ts'
import { readBySharp } from './sharp.ts'
import { bytesOf, type PictureSource } from './source.ts'

/** 64 megapixels: more than cameras take, and less than a gigabyte while it is decoded. */
const MOST_PIXELS = 2 ** 26

export interface ReadOptions {
  /** Larger pictures are refused before anything is decoded. @default 2^26 */
  readonly maxPixels?: number | undefined
  /**
   * A JPEG picture may be decoded at 1/2, 1/4 or 1/8 of its size, the smallest whose short side still has so many pixels.
   * Nothing is ever made larger. @default the size that it has
   */
  readonly minSize?: number | undefined
  /**
   * `'auto'` decodes by sharp where it is installed, and what this library does not read by sharp or the browser. A JPEG or PNG picture has the same bytes
   * either way unless `minSize` makes it smaller. `'own'` uses this library alone. @default 'auto'
   */
  readonly decoder?: 'auto' | 'own' | undefined
}

const kinds: Kinds<ReadOptions> = {
  maxPixels: { expected: 'a positive number', has: (value) => typeof value === 'number' && value > 0 },
  minSize: kind.length,
  decoder: oneOf(['auto', 'own']),
}

/** A picture as it was read: uint8 `[h, w, c]`, and what was wrong with its file. */
export type ReadPicture = NdArray<Uint8Array> & {
  /** A sentence for each thing in the file that is not as it should be and was read all the same. */
  readonly warnings: readonly string[]
  /** What the picture was, where `minSize` let it be decoded smaller; `preprocess` makes of it what it would make of the whole. */
  readonly reduction: Reduction | undefined
}

/**
 * Reads a picture from the bytes of a PNG or JPEG file, whatever the file's name, and turns it upright. Where sharp is
 * installed, or in a browser, WebP, AVIF and GIF too, and whatever else these read.
 *
 * Channels are grey (1), grey and alpha (2), RGB (3) or RGB and alpha (4); palettes become RGB, CMYK becomes RGB, 16
 * bits become the upper 8. Colour profiles are not applied.
 *
 * @param source the whole file: a Uint8Array, an ArrayBuffer, a Blob or a Response
 * @returns uint8 `[h, w, c]`, contiguous; its `warnings` say what in the file is not as it should be
 * @throws ImageError (as a rejection) when the file is of another kind, truncated, damaged or too large
 *
 * @example
 * const png = writePng(ndarray(new Uint8Array([255, 0, 0, 0, 0, 255]), [1, 2, 3]))
 * const image = await readImage(png)
 * image.shape // [1, 2, 3]
 */
export async function readImage(source: PictureSource, options: ReadOptions = {}): Promise<ReadPicture> {
  expectOptions('readImage', options, kinds)
  const { image, warnings, reduction } = await decodePicture(await bytesOf(source), options)
  const picture = toNdarray(isContiguous(image) ? image : materialize(image))
  const properties = { warnings: { value: Object.freeze(warnings) }, reduction: { value: reduction } }
  return Object.defineProperties(picture, properties) as ReadPicture
}

async function decodePicture(bytes: Uint8Array, options: ReadOptions): Promise<Picture> {
  const limits = { maxPixels: options.maxPixels ?? MOST_PIXELS }
  const isOwn = options.decoder === 'own'
  if (isPng(bytes)) return readPng(bytes, limits, { isOwn })
  if (isJpeg(bytes)) return readJpeg(bytes, limits, { isOwn, minSize: options.minSize })
  if (isOwn || formatOf(bytes) === undefined) throw foreign(bytes)
  const picture = (await readBySharp(bytes, limits)) ?? (await readByBrowser(bytes, limits))
  if (picture === undefined) throw foreign(bytes)
  return picture
}

function foreign(bytes: Uint8Array): ImageError {
  const format = formatOf(bytes)
  const wayOut =
    format === undefined
      ? ''
      : isReadBySharp(format) && !hasCanvas()
        ? '; install sharp, which reads it, or convert it to PNG or JPEG'
        : '; convert it to PNG or JPEG'
  return new ImageError('readImage', 'file/foreign', `not a PNG or JPEG file — ${whatItIs(bytes)}${wayOut}`)
}
