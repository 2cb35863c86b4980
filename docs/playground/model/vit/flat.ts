/** The elements of an array in row-major order, apart from the array. */
import type { NdArray } from 'ndarray'

export function flat({ data, shape, stride, offset }: NdArray<Float32Array>): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1)
  const result = new Float32Array(size)
  const index = shape.map(() => 0)
  let at = offset
  for (let i = 0; i < size; i++) {
    result[i] = data[at]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis]!
      if (++index[axis]! < shape[axis]!) break
      at -= stride[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return result
}
