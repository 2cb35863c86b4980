/** Reading a picture: finds out what kind of file it is, and turns what the decoders give upright. */

import { materialize } from '../copy/copy.ts'
import { isA, isBlob } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import type { Kinds } from '../ops/kinds.ts'
import { ImageError } from './error.ts'
import { isJpeg, readJpeg } from './jpeg.ts'
import { expectOptions } from './options.ts'
import { upright } from './orientation.ts'
import type { ReadLimits } from './picture.ts'
import { isPng, readPng } from './png.ts'

/** 64 megapixels: more than cameras take, and less than a gigabyte while it is decoded. */
const MOST_PIXELS = 2 ** 26

const limits: Kinds<ReadLimits> = {
  maxPixels: { expected: 'a positive number', has: (value) => typeof value === 'number' && value > 0 },
}

/**
 * Reads a picture from the bytes of a PNG or JPEG file, whatever the file's name, and turns it upright.
 *
 * Channels are grey (1), grey and alpha (2), RGB (3) or RGB and alpha (4); palettes become RGB, CMYK becomes RGB, 16
 * bits become the upper 8. Colour profiles are not applied.
 *
 * @param bytes the whole file
 * @param options `maxPixels`: larger pictures are refused before anything is decoded; 2^26 if not given
 * @returns uint8 `[h, w, c]`, contiguous
 * @throws ImageError (as a rejection) when the file is of another kind, truncated, damaged or too large
 *
 * @example
 * const png = writePng(ndarray(new Uint8Array([255, 0, 0, 0, 0, 255]), [1, 2, 3]))
 * const image = await readImage(png)
 * image.shape // [1, 2, 3]
 */
export async function readImage(
  bytes: Uint8Array,
  options: Partial<ReadLimits> = {},
): Promise<NdArray<Uint8Array>> {
  expectOptions('readImage', options, limits)
  const { maxPixels = MOST_PIXELS } = options
  if (!isA(bytes, 'Uint8Array')) {
    throw new ImageError(
      'readImage',
      'argument/bytes',
      `the argument is not the bytes of a file — got ${show(bytes)}, expected a Uint8Array${hintAbout(bytes)}`,
    )
  }
  const own = isA(bytes.buffer, 'ArrayBuffer') ? bytes : new Uint8Array(bytes) // decoders refuse shared memory
  const { image, orientation } = await decodePicture(own, { maxPixels })
  return toNdarray(orientation === 1 ? image : materialize(upright(image, orientation)))
}

/** How what was given becomes bytes. */
function hintAbout(value: unknown): string {
  if (typeof value === 'string' || isA(value, 'URL'))
    return '; await readFile(path) or a fetch gives the bytes of a file'
  if (isA(value, 'Promise')) return '; an await is missing'
  if (isA(value, 'ArrayBuffer')) return '; new Uint8Array(buffer) is one'
  if (isBlob(value)) return '; new Uint8Array(await blob.arrayBuffer()) is one'
  return ''
}

async function decodePicture(bytes: Uint8Array, limits: ReadLimits) {
  if (isPng(bytes)) return readPng(bytes, limits)
  if (isJpeg(bytes)) return readJpeg(bytes, limits)
  throw new ImageError('readImage', 'file/foreign', `not a PNG or JPEG file — ${whatItIs(bytes)}`)
}

/** Beginnings of files that are taken for pictures, as Latin-1 text. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'it is empty'],
  [/^GIF8/, 'it is a GIF file'],
  [/^RIFF....WEBP/s, 'it is a WebP file'],
  [/^BM/, 'it is a BMP file'],
  [/^(II\*\0|MM\0\*)/, 'it is a TIFF file'],
  [/^....ftyp(avif|avis)/s, 'it is an AVIF file'],
  [/^....ftyp(hei|hev|mif1)/s, 'it is a HEIC file'],
  [/^%PDF/, 'it is a PDF file'],
  [/^\s*<(\?xml|svg|!doctype|html)/i, 'it is an XML, SVG or HTML file'],
]

function whatItIs(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 32))
  const kind = kinds.find(([pattern]) => pattern.test(start))
  if (kind !== undefined) return kind[1]
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(start)
    ? `it looks like text: ${JSON.stringify(start.slice(0, 16))}`
    : `it begins with the bytes ${[...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`
}
