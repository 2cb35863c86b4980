/**
 * What the model of the third page sees: squares of 28×28 pixels in colour, from −1 (black) to 1 (white), so that drawings and
 * photographs can be of one class.
 */
import { rasterize, type Stroke, side } from '../digit.ts'

export { side }

export interface Example {
  /** [3, 28, 28], −1 to 1. */
  readonly pixels: Float32Array
  /** Of a drawing, its ink, [28, 28]: it is shown in the page's own colours. */
  readonly ink?: Float32Array
}

/** A drawing, scaled and centred: black ink on white paper. */
export function ofStrokes(strokes: readonly Stroke[]): Example {
  const ink = rasterize(strokes)
  const paper = ink.map((amount) => 1 - 2 * amount)
  const pixels = new Float32Array(3 * paper.length)
  for (let channel = 0; channel < 3; channel++) pixels.set(paper, channel * paper.length)
  return { pixels, ink }
}

/** The bytes of a picture that shows an example, four a pixel, each pixel `scale` times as large. */
export function bytesOf({ pixels }: Example, scale = 1): Uint8ClampedArray<ArrayBuffer> {
  const wide = side * scale
  const bytes = new Uint8ClampedArray(4 * wide * wide).fill(255)
  for (let i = 0; i < wide * wide; i++) {
    const from = Math.floor(i / wide / scale) * side + Math.floor((i % wide) / scale)
    for (let channel = 0; channel < 3; channel++) {
      bytes[4 * i + channel] = Math.round(127.5 * (pixels[channel * side * side + from]! + 1))
    }
  }
  return bytes
}
