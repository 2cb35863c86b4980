/** shaped: tells the compiler an array's literal shape. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { asTensor } from './array.ts'
import type { Shaped } from './typed.ts'

/**
 * The same array, after checking once that it has the given shape.
 *
 * @param x an array
 * @param shape the shape that it has, as a literal
 * @returns `x` itself
 * @throws {EinopsError} when it has another shape
 *
 * @example
 * const images = shaped(ndarray(new Float32Array(6), [2, 3]), [2, 3])
 * images.shape // [2, 3]
 */
export function shaped<D extends Data, const S extends readonly number[]>(
  x: NdArray<D>,
  shape: S,
): Shaped<D, [...S]>
export function shaped(x: NdArray<Data>, shape: readonly number[]): NdArray<Data> {
  const got = asTensor(x, 'shaped').shape
  if (!Array.isArray(shape)) {
    const expected = `a list such as ${showShape(got)}`
    throw new EinopsError({
      operation: 'shaped',
      ...say('option/value', { option: 'shape', got: show(shape), expected }),
    })
  }
  if (got.length !== shape.length) {
    const said = say('shape/rank', { got: got.length, expected: shape.length })
    throw new EinopsError({ operation: 'shaped', ...said, shape: got })
  }
  const dimension = got.findIndex((length, axis) => length !== shape[axis])
  if (dimension >= 0) {
    const said = say('shape/mismatch', {
      dimension,
      item: showShape(shape),
      got: got[dimension]!,
      expected: show(shape[dimension]),
    })
    throw new EinopsError({ operation: 'shaped', ...said, shape: got })
  }
  return x
}
