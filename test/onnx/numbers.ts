/** Arrays to compute with: the same for each seed. */
import ndarray, { type Data, type NdArray } from 'ndarray'

const kinds: Readonly<Record<string, (values: Float32Array) => Data>> = {
  float32: (values) => values,
  uint8: (values) => Uint8Array.from(values, (value) => 64 * (value + 2)),
  int16: (values) => Int16Array.from(values, (value) => 300 * value),
  bigint64: (values) =>
    BigInt64Array.from(values as unknown as number[], (value) => BigInt(Math.floor(100 * value))),
  int32: (values) => Int32Array.from(values, (value) => 1000 * value),
}

/** Numbers from −2 to 2, or of another dtype. */
export function numbers(shape: readonly number[], seed = 1, dtype = 'float32'): NdArray<Float32Array> {
  let state = seed
  const size = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 30 - 2
  })
  return ndarray(kinds[dtype]!(values) as Float32Array, [...shape])
}
