/** JPEG files: what stands in their segments decides how they are decoded, by the kernels or by sharp. */
import { slice } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type Colors, decodeJpeg } from './jpeg-decoder.ts'
import { readSegments, type Segments } from './jpeg-segments.ts'
import { upright } from './orientation.ts'
import type { Picture, ReadLimits } from './picture.ts'
import { isWorthSharp, pixelsBySharp } from './sharp.ts'

/**
 * Decodes a JPEG file: grey, or RGB (also from CMYK), at the smallest scale whose short side has `minSize` pixels. Files that
 * are not as they should be are decoded here whoever else could, so that they give the same pixels and warnings everywhere.
 */
export async function readJpeg(
  bytes: Uint8Array,
  limits: ReadLimits,
  { minSize, isOwn }: { readonly minSize: number | undefined; readonly isOwn: boolean },
): Promise<Picture> {
  const segments = readSegments(bytes, limits)
  const colors = colorsOf(segments)
  const scale = scaleFor(segments, minSize)
  const isUsual = segments.warnings.length === 0 && (colors === 'grey' || colors === 'ycc')
  // of a progressive picture at a smaller scale only some scans are decoded here, all of them there
  const isFasterHere = scale > 1 && segments.frame.isProgressive
  if (!isOwn && isUsual && !isFasterHere && isWorthSharp(segments.frame)) {
    const picture = await readJpegBySharp(bytes, limits, segments, scale)
    if (picture !== undefined) return picture
  }
  const picture = await decodeJpeg(bytes, segments, colors, scale)
  return { ...picture, warnings: [...segments.warnings, ...picture.warnings] }
}

async function readJpegBySharp(
  bytes: Uint8Array,
  limits: ReadLimits,
  { frame, orientation }: Segments,
  scale: number,
): Promise<Picture | undefined> {
  const [height, width] = [frame.height, frame.width].map((length) => Math.ceil(length / scale)) as [
    number,
    number,
  ]
  const pixels = await pixelsBySharp(bytes, limits, scale === 1 ? undefined : { height, width })
  if (pixels === undefined) return undefined
  const image = upright(takeChannels(pixels, frame.components.length === 1 ? 'grey' : 'ycc'), orientation)
  if (scale === 1) return { image, warnings: [] }
  const [h, w] = image.shape as [number, number]
  const whole = orientation >= 5 ? { height: frame.width, width: frame.height } : frame
  const box = { top: 0, left: 0, height: h, width: w }
  return { image, warnings: [], reduction: { height: whole.height, width: whole.width, box } }
}

/** Grey as one channel, colours as three. */
const takeChannels = (x: Tensor<Uint8Array>, colors: Colors): Tensor<Uint8Array> => ({
  data: x.data,
  ...slice(x, 2, 0, colors === 'grey' ? 1 : 3),
})

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
