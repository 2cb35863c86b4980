/** parseShape: the lengths of an array's axes by name. */
import { parseShapePattern } from '../../grammar/index.ts'
import type { Checked, NamedLengths, NoLengths } from '../../grammar/types/index.ts'
import { bindShape } from '../layout/bind.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { asTensor } from './array.ts'
import type { ShapeOf } from './typed.ts'

/**
 * The lengths of an array's axes by name. A number or `()` checks the length of an axis, `_` and `...` skip axes.
 *
 * @param x an array
 * @param pattern a name, a number, `_` or `()` for each axis, or `...` for any number of them
 * @returns an object with a length for each name
 * @throws {EinopsError} when the pattern is wrong or the shape does not match it
 * @see einops `parse_shape`
 *
 * @example
 * const images = ndarray(new Float32Array(8 * 3 * 4 * 5), [8, 3, 4, 5])
 * parseShape(images, 'b 3 h w') // → { b: 8, h: 4, w: 5 }
 * parseShape(images, 'b ... _') // → { b: 8 }
 */
export function parseShape<X extends NdArray<Data>, P extends string>(
  x: X,
  pattern: Checked<'parseShape', P, NoLengths, ShapeOf<X>>,
): NamedLengths<'parseShape', P, NoLengths, ShapeOf<X>>
export function parseShape(x: NdArray<Data>, pattern: string): Record<string, number> {
  const parsed = parseShapePattern(pattern, 'parseShape')
  const { shape } = asTensor(x, 'parseShape', undefined, { pattern, span: parsed.shape.span })
  return Object.fromEntries(bindShape(parsed, 'parseShape', shape))
}
