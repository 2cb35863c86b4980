/** Inputs of a shape, fixed and irregular. */
import ndarray, { type NdArray } from 'ndarray'

export function inputOf(shape: readonly number[], seed = 1): NdArray<Float32Array> {
  const size = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233))
  return ndarray(values, [...shape])
}
