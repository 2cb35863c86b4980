/** A picture of one's own as an example: its middle square, and of that the mean of every 8×8 pixels. */
import { reduce } from 'tesserae'
import { arrayOf, elementsOf } from '../library.ts'
import { type Example, side } from './example.ts'

/** How many pixels one of the model's is the mean of, along each side. */
const scale = 8
/** The side of the square that is handed over. */
export const photoSide = side * scale

/** Of the bytes of a square of 224×224, four a pixel. */
export function ofPhoto(bytes: Uint8ClampedArray): Example {
  const photo = arrayOf(Float32Array.from(bytes), [photoSide, photoSide, 4])
  const small = reduce(photo, '(h s1) (w s2) c -> c h w', 'mean', { s1: scale, s2: scale })
  // what is transparent was drawn on white
  return {
    pixels: Float32Array.from(elementsOf(small).slice(0, 3 * side * side), (byte) => byte / 127.5 - 1),
  }
}
