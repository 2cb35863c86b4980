/**
 * Digits without their slant: each is sheared until its ink leans to neither side, so that a model need not learn how hands lean (LeCun et al., "Gradient-Based Learning
 * Applied to Document Recognition", 1998, whose deslanted digits these are).
 */
import ndarray, { type NdArray } from 'ndarray'
import { einsum } from 'tesserae'

type Floats = NdArray<Float32Array>

/** No digit is sheared further: what seems to lean more has a stroke that lies. */
const STEEPEST = 1

/** The same pictures, [b, 1, h, w], each of its rows moved sideways, by parts of a pixel as well. */
export function upright(images: Floats): Floats {
  const [count, , height, width] = images.shape as [number, number, number, number]
  const [rows, columns] = [ramp(height), ramp(width)]
  const [ink, across, down] = [
    einsum(images, 'b 1 h w -> b'),
    einsum([images, columns], 'b 1 h w, w -> b'),
    einsum([images, rows], 'b 1 h w, h -> b'),
  ]
  const both = einsum([images, rows, columns], 'b 1 h w, h, w -> b')
  const squares = einsum([images, rows, rows], 'b 1 h w, h, h -> b')
  const result = new Float32Array(images.size)
  for (let b = 0; b < count; b++) {
    const sum = ink.get(b)
    const [x, y] = [across.get(b) / sum, down.get(b) / sum]
    const slant = (both.get(b) / sum - x * y) / (squares.get(b) / sum - y * y)
    const lean = Number.isFinite(slant) ? Math.min(STEEPEST, Math.max(-STEEPEST, slant)) : 0
    for (let i = 0; i < height; i++) {
      const shift = lean * (i - (Number.isFinite(y) ? y : 0))
      const whole = Math.floor(shift)
      const part = shift - whole
      const at = (j: number) => (j >= 0 && j < width ? images.get(b, 0, i, j) : 0)
      for (let j = 0; j < width; j++) {
        result[(b * height + i) * width + j] = at(j + whole) * (1 - part) + at(j + whole + 1) * part
      }
    }
  }
  return ndarray(result, [count, 1, height, width])
}

const ramp = (length: number) =>
  ndarray(
    Float32Array.from({ length }, (_, i) => i),
    [length],
  )
