/** repeat: rearrange that also makes new axes, along which the same elements come again. */
import { parseTransform } from '../../grammar/index.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import type { Value } from '../steps/value.ts'
import { present } from './array.ts'
import { asInput, type InputArgument, trustedInput } from './input.ts'
import { checkOptions, type DtypeName, mayConvert, type Options, type TensorOptions } from './options.ts'
import { leftOf, transform } from './transform.ts'
import type { ArrayOf, ArrayOrList, Converted, DataOf, OneDtype, ShapeOf } from './typed.ts'

/**
 * Repeats elements along the axes that only the right side has, and rearranges the others. A new axis has stride 0
 * where it can, so that nothing is copied and writing to one element shows in its repeats; `copy: 'always'` gives
 * each its own place.
 *
 * @param x an array of any dtype and strides, or a list of equal arrays, which counts as one array with a new first axis
 * @param pattern `left -> right`; every axis of the left stands on the right too
 * @param lengths lengths of the new axes, and of axes that the shape does not determine
 * @param options `copy`: `'auto'`, `'always'` or `'never'`; `dtype`: what elements become, such as `'float32'`; `out`: an array to
 *   write into, of any dtype, which is then returned
 * @returns an array of the shape that the right side describes
 * @throws {EinopsError} when the pattern is wrong or does not fit the shape, or an option cannot be met
 * @see einops `repeat`
 *
 * @example
 * const gray = ndarray(new Uint8Array(28 * 28), [28, 28])
 * repeat(gray, 'h w -> h w c', { c: 3 }).shape // [28, 28, 3]
 * repeat(gray, 'h w -> (h 2) (w 2)').shape // [56, 56]
 */
export function repeat<
  const X extends ArrayOrList,
  P extends string,
  const L extends object = NoLengths,
  T extends DtypeName = never,
  O extends Data = never,
>(
  x: X & OneDtype<'repeat', X, T | O>,
  pattern: Checked<'repeat', P, L, ShapeOf<X>>,
  lengths?: LengthsOf<'repeat', P, L>,
  options?: Options<O, T>,
): ArrayOf<Converted<DataOf<X>, T, O>, ResultShape<'repeat', P, L, ShapeOf<X>>>
export function repeat(
  x: ArrayOrList,
  pattern: string,
  lengths?: Lengths,
  options?: Options<Data, DtypeName>,
): NdArray<Data> {
  const parsed = parseTransform(pattern, 'repeat')
  const checked = checkOptions(options, 'repeat')
  const input = asInput(x, 'repeat', leftOf(parsed), mayConvert(checked))
  const result = transform(input, parsed, lengths, checked)
  return checked.out ?? present(result)
}

/** The same on trusted values. */
export function repeatTensor(
  x: InputArgument,
  pattern: string,
  lengths?: Lengths,
  options: TensorOptions = {},
): Value {
  return transform(trustedInput(x), parseTransform(pattern, 'repeat'), lengths, options)
}
