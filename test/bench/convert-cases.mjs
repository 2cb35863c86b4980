/**
 * Pixels as the floats of a model, in one pass: how long beside a plain copy of the result, which moves as many bytes of the target
 * and computes nothing.
 */
import ndarray from 'ndarray'

const goal = 1.3

function pictures(Kind, shape) {
  const data = new Kind(shape.reduce((size, length) => size * length, 1))
  for (let i = 0; i < data.length; i++) data[i] = i % 251
  return ndarray(data, shape)
}

export const conversions = [
  { name: 'pixels [224, 224, 3] u8 to f32', x: pictures(Uint8Array, [224, 224, 3]), goal },
  { name: 'pixels [1080, 1920, 3] u8 to f32', x: pictures(Uint8Array, [1080, 1920, 3]), goal },
  { name: 'pixels [518, 518, 3] u8 to f32', x: pictures(Uint8Array, [518, 518, 3]), goal },
  { name: 'canvas [480, 640, 4] u8c to f32', x: pictures(Uint8ClampedArray, [480, 640, 4]), goal },
].map((one) => ({ ...one, pattern: 'h w c -> 1 c h w', dtype: 'float32' }))
