/** checkShape: an assertion about a shape, in the words of the language. */
import { parseShapePattern } from '../../grammar/index.ts'
import type { Checked, LengthsOf, NamedLengths, NoLengths } from '../../grammar/types/index.ts'
import { bindShape } from '../layout/bind.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { asTensor } from './array.ts'
import type { ShapeOf } from './typed.ts'

/**
 * Throws unless an array's shape matches a pattern, and gives the lengths that it has found.
 *
 * @param x an array
 * @param pattern names, numbers, groups, `_` and `...`; a group may hold one unknown length
 * @param lengths lengths that names must have
 * @returns an object with a length for each name
 * @throws {EinopsError} when the pattern is wrong or the shape does not match it
 *
 * @example
 * const images = ndarray(new Float32Array(8 * 3 * 32 * 48), [8, 3, 32, 48])
 * checkShape(images, 'b 3 (h 16) (w 16)') // → { b: 8, h: 2, w: 3 }
 */
export function checkShape<X extends NdArray<Data>, P extends string, const L extends object = NoLengths>(
  x: X,
  pattern: Checked<'checkShape', P, L, ShapeOf<X>>,
  lengths?: LengthsOf<'checkShape', P, L>,
): NamedLengths<'checkShape', P, L, ShapeOf<X>>
export function checkShape(x: NdArray<Data>, pattern: string, lengths?: Lengths): Record<string, number> {
  const parsed = parseShapePattern(pattern, 'checkShape')
  const { shape } = asTensor(x, 'checkShape', undefined, { pattern, span: parsed.shape.span })
  return Object.fromEntries(bindShape(parsed, 'checkShape', shape, lengths))
}
