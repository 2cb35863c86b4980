/**
 * Which way up a picture is. Cameras store the pixels as the sensor saw them and say in an EXIF tag how to turn them
 * (EXIF 2.3, tag 0x0112), some programs in XMP; turning is a view, as every rearrangement is.
 */
import { permute, reverse } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'

/** 1 is upright; 2 to 8 are the other ways to hold a rectangle. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const TAG = 0x0112
const BYTE = 1
const LONG = 4

/** The orientation in a block of EXIF data (a TIFF header and its first directory); undefined where it does not say. */
export function orientationOf(exif: Uint8Array): Orientation | undefined {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength)
  if (exif.length < 8) return undefined
  const order = view.getUint16(0)
  const little = order === 0x4949 // 'II'; 'MM' is big-endian
  if (!little && order !== 0x4d4d) return undefined
  const directory = view.getUint32(4, little)
  if (directory + 2 > exif.length) return undefined
  const entries = view.getUint16(directory, little)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > exif.length) return undefined
    if (view.getUint16(entry, little) !== TAG) continue
    const type = view.getUint16(entry + 2, little)
    if (type === LONG) return known(view.getUint32(entry + 8, little))
    return known(type === BYTE ? view.getUint8(entry + 8) : view.getUint16(entry + 8, little))
  }
  return undefined
}

/** The orientation in XMP, as an attribute or an element; undefined where it does not say. */
export function orientationInXmp(xmp: Uint8Array): Orientation | undefined {
  const text = new TextDecoder('latin1').decode(xmp)
  const value = /tiff:Orientation(?:\s*=\s*["']|>)\s*(\d)/.exec(text)?.[1]
  return value === undefined ? undefined : known(Number(value))
}

const known = (value: number): Orientation => (value >= 1 && value <= 8 ? (value as Orientation) : 1)

/** The upright view of an image `[h, w, c]`. */
export function upright<D extends Data>(image: Tensor<D>, orientation: Orientation): Tensor<D> {
  const turned = orientation >= 5 ? { ...image, ...permute(image, [1, 0, 2]) } : image
  const [rows, columns] = flips(orientation)
  return flip(flip(turned, 0, rows), 1, columns)
}

/** The view of an upright image `[h, w, c]` whose pixels stand as they are stored; the inverse of `upright`. */
export function asStored<D extends Data>(image: Tensor<D>, orientation: Orientation): Tensor<D> {
  const [rows, columns] = flips(orientation)
  const flipped = flip(flip(image, 0, rows), 1, columns)
  return orientation >= 5 ? { ...flipped, ...permute(flipped, [1, 0, 2]) } : flipped
}

/** Whether the rows and the columns of the upright image run backwards. */
export const flips = (orientation: Orientation): [rows: boolean, columns: boolean] => [
  [3, 4, 7, 8].includes(orientation),
  [2, 3, 6, 7].includes(orientation),
]

function flip<D extends Data>(image: Tensor<D>, axis: number, flips: boolean): Tensor<D> {
  return flips ? { data: image.data, ...reverse(image, axis) } : image
}
