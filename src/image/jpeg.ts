/**
 * JPEG files. jpeg-js decodes baseline and progressive pictures to their components, CMYK to RGB; the colours of the
 * usual three components are made here, as libjpeg makes them.
 */

import jpeg from 'jpeg-js'
import { materialize } from '../copy/copy.ts'
import { contiguous, slice } from '../layout/layout.ts'
import { messageOf } from '../layout/realms.ts'
import { convertToRgb, type Subsampling } from './chroma.ts'
import { ImageError } from './error.ts'
import { type Adobe, damaged, type Frame, readSegments, truncated } from './jpeg-segments.ts'
import type { Picture, ReadLimits } from './picture.ts'

export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/** Decodes a JPEG file: grey, or RGB (also from CMYK). */
export function readJpeg(bytes: Uint8Array, limits: ReadLimits): Picture {
  const { frame, orientation, isJfif, isWhole, adobe } = readSegments(bytes, limits)
  const { width, height, components } = frame
  const isYcc = components.length === 3 && (isJfif || hasColorDifferences(frame, adobe))
  const stored = components.length === 3 ? withoutTransform(bytes, adobe) : bytes
  const pixels = decodePixels(stored, isWhole, limits)
  if (pixels.width !== width || pixels.height !== height) throw damaged('it announces two sizes')
  if (isYcc) convertToRgb(pixels.data, frame, subsamplingOf(frame))
  const rgb = { ...contiguous([height, width, 3]), data: pixels.data }
  return {
    image: components.length === 1 ? materialize({ data: rgb.data, ...slice(rgb, 2, 0, 1) }) : rgb,
    orientation,
  }
}

/** `[h, w, 3]`: samples of three components as stored, grey three times, or RGB of four. */
function decodePixels(bytes: Uint8Array, isWhole: boolean, { maxPixels }: ReadLimits) {
  try {
    return jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      colorTransform: false,
      tolerantDecoding: true, // a last restart interval may be shorter than the others
      maxResolutionInMP: Number.POSITIVE_INFINITY, // checked before
      maxMemoryUsageInMB: 16 + (18 * maxPixels) / 2 ** 20, // more than was checked, against bad surprises
    })
  } catch (cause) {
    if (!isWhole) throw truncated(bytes.length)
    const reason = messageOf(cause)
    if (!/memory/i.test(reason)) throw damaged(reason, cause)
    const what = 'the picture is too large — decoding it takes more than 18 bytes for each of maxPixels'
    throw new ImageError('readImage', 'image/too-large', what, cause)
  }
}

/** Whether three components are Y, Cb, Cr and not R, G, B, where the file is no JFIF file, which has Y, Cb, Cr; libjpeg's rule (`jdapimin.c`). */
function hasColorDifferences({ components }: Frame, adobe: Adobe | undefined): boolean {
  if (adobe !== undefined) return adobe.transform !== 0
  return String.fromCharCode(...components.map(({ id }) => id)) !== 'RGB'
}

/** The file with the word "no transform" in its Adobe segment, so that the decoder leaves the samples as they are. */
function withoutTransform(bytes: Uint8Array, adobe: Adobe | undefined): Uint8Array {
  if (adobe === undefined || adobe.transform === 0) return bytes
  const copy = new Uint8Array(bytes) // a Buffer's own slice would be a view
  copy[adobe.at] = 0
  return copy
}

function subsamplingOf({ components }: Frame): Subsampling[] {
  const columns = Math.max(...components.map((component) => component.columns))
  const rows = Math.max(...components.map((component) => component.rows))
  return components.map((component) => ({
    columns: columns / component.columns,
    rows: rows / component.rows,
  }))
}
