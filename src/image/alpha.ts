/**
 * Colours weighted by their opacity, so that what is hidden has no part in a resized picture: Pillow's conversions between
 * RGBA and RGBa (libImaging/Convert.c), byte for byte. Alpha is the last channel.
 */
import { materialize } from '../copy/copy.ts'
import type { Tensor } from '../layout/tensor.ts'

/** Colours times alpha, a copy: x is `[h, w, c]`. */
export function premultiply(x: Tensor<Uint8Array>): Tensor<Uint8Array> {
  const copy = materialize(x)
  const { data, shape } = copy
  const channels = shape[2]!
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1]!
    if (alpha === 255) continue
    for (let c = 0; c < channels - 1; c++) {
      const product = data[at + c]! * alpha + 128
      data[at + c] = ((product >> 8) + product) >> 8
    }
  }
  return copy
}

/** Colours divided by alpha again, in place: x is `[h, w, c]`, contiguous. */
export function unpremultiply(x: Tensor<Uint8Array>): Tensor<Uint8Array> {
  const { data, shape } = x
  const channels = shape[2]!
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1]!
    if (alpha === 255 || alpha === 0) continue
    for (let c = 0; c < channels - 1; c++)
      data[at + c] = Math.min(255, Math.floor((255 * data[at + c]!) / alpha))
  }
  return x
}
