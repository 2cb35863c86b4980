/**
 * The ndarray that test files import in the page. ndarray writes its classes as source text and compiles them, which a strict
 * Content-Security-Policy forbids; there the cases get the library's equal class, which has to hold what they promise.
 */
import type { Data, NdArray } from 'ndarray'
import { contiguousStride } from '../../../src/layout/layout.ts'
import { makeNdarray } from '../../../src/ops/array.ts'

export default function ndarray<D extends Data>(
  data: D,
  shape: readonly number[] = [data.length],
  stride: readonly number[] = contiguousStride(shape),
  offset: number = stride.reduce(
    (start, step, axis) => start - (step < 0 ? (shape[axis]! - 1) * step : 0),
    0,
  ),
): NdArray<D> {
  return makeNdarray(data, shape, stride, offset)
}
