/** Arrays for the layers' tests, and their values in row-major order. */
import ndarray, { type NdArray } from 'ndarray'

export type FloatArray = NdArray<Float32Array>

/** Fixed, irregular values in (−2, 2). */
export function waves(shape: number[], seed = 1): FloatArray {
  const size = shape.reduce((product, length) => product * length, 1)
  return ndarray(
    Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(seed * 12.9898 + i * 78.233)),
    shape,
  )
}

/** Every element of an array of any strides, in row-major order. */
export function valuesOf(x: NdArray): number[] {
  const values: number[] = []
  const walk = (index: number[]): void => {
    const length = x.shape[index.length]
    if (length === undefined) values.push(x.get(...index))
    else for (let i = 0; i < length; i++) walk([...index, i])
  }
  walk([])
  return values
}

/** The largest difference of two lists of numbers; NaN where one of them is. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`)
  return Array.from(a).reduce((most, value, i) => {
    const difference = Math.abs(value - b[i]!)
    return Math.max(difference, most)
  }, 0)
}

export function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
}

export function variance(values: ArrayLike<number>): number {
  const middle = mean(values)
  return mean(Array.from(values, (value) => (value - middle) ** 2))
}
