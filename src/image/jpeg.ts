/** JPEG files: what stands in their segments decides how they are decoded, by the kernels or, where there is no WebAssembly, by jpeg-js. */
import { type Colors, decodeJpeg } from './jpeg-decoder.ts'
import { decodePlainly } from './jpeg-plain.ts'
import { readSegments, type Segments } from './jpeg-segments.ts'
import type { Picture, ReadLimits } from './picture.ts'

export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/** Decodes a JPEG file: grey, or RGB (also from CMYK), at the smallest scale whose short side has `minSize` pixels. */
export function readJpeg(bytes: Uint8Array, limits: ReadLimits, minSize?: number): Picture {
  const segments = readSegments(bytes, limits)
  const colors = colorsOf(segments)
  const picture =
    decodeJpeg(bytes, segments, colors, scaleFor(segments, minSize)) ?? decodePlainly(bytes, segments, colors)
  return { ...picture, warnings: [...segments.warnings, ...picture.warnings] }
}

function scaleFor({ frame }: Segments, minSize: number | undefined): number {
  if (minSize === undefined) return 1
  const short = Math.min(frame.width, frame.height)
  return [8, 4, 2].find((scale) => Math.ceil(short / scale) >= minSize) ?? 1
}

/** What the components are; libjpeg's rules (`jdapimin.c`). */
function colorsOf({ frame: { components }, isJfif, adobe }: Segments): Colors {
  if (components.length === 1) return 'grey'
  if (components.length === 4) return adobe === undefined || adobe.transform === 0 ? 'inks' : 'ycck'
  const isRgb =
    adobe === undefined
      ? String.fromCharCode(...components.map(({ id }) => id)) === 'RGB'
      : adobe.transform === 0
  return !isJfif && isRgb ? 'rgb' : 'ycc'
}
