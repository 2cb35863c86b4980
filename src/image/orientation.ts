/**
 * Which way up a picture is. Cameras store the pixels as the sensor saw them and say in an EXIF tag how to turn them
 * (EXIF 2.3, tag 0x0112); turning is a view, as every rearrangement is.
 */
import { permute, reverse } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'

/** 1 is upright; 2 to 8 are the other ways to hold a rectangle. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const TAG = 0x0112

/** The orientation in a block of EXIF data (a TIFF header and its first directory); 1 where there is none. */
export function orientationOf(exif: Uint8Array): Orientation {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength)
  if (exif.length < 8) return 1
  const order = view.getUint16(0)
  const little = order === 0x4949 // 'II'; 'MM' is big-endian
  if (!little && order !== 0x4d4d) return 1
  const directory = view.getUint32(4, little)
  if (directory + 2 > exif.length) return 1
  const entries = view.getUint16(directory, little)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > exif.length) return 1
    if (view.getUint16(entry, little) !== TAG) continue
    const value = view.getUint16(entry + 8, little)
    return value >= 1 && value <= 8 ? (value as Orientation) : 1
  }
  return 1
}

/** The upright view of an image `[h, w, c]`. */
export function upright<D extends Data>(image: Tensor<D>, orientation: Orientation): Tensor<D> {
  const isTransposed = orientation >= 5
  const turned = isTransposed ? { ...image, ...permute(image, [1, 0, 2]) } : image
  const flipsRows = orientation === 3 || orientation === 4 || orientation === 7 || orientation === 8
  const flipsColumns = orientation === 2 || orientation === 3 || orientation === 6 || orientation === 7
  return flip(flip(turned, 0, flipsRows), 1, flipsColumns)
}

function flip<D extends Data>(image: Tensor<D>, axis: number, flips: boolean): Tensor<D> {
  return flips ? { data: image.data, ...reverse(image, axis) } : image
}
