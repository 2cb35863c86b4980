/** rearrange: split, permute and merge axes. */
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
 * Reorders, splits and merges axes as a pattern says: a view of `x` where strides can express the result (writing to
 * one then shows in the other), else one contiguous copy.
 *
 * @param x an array of any dtype and strides, or a list of equal arrays, which counts as one array with a new first axis
 * @param pattern `left -> right`; each axis stands on both sides
 * @param lengths lengths of axes that the shape does not determine
 * @param options `copy`: `'auto'`, `'always'` or `'never'`; `dtype`: what elements become, such as `'float32'`; `out`: an array to
 *   write into, of any dtype, which is then returned
 * @returns an array of the shape that the right side describes
 * @throws {EinopsError} when the pattern is wrong or does not fit the shape, or an option cannot be met
 * @see einops `rearrange`
 *
 * @example
 * const images = ndarray(new Float32Array(8 * 3 * 224 * 224), [8, 3, 224, 224])
 * const patches = rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
 * patches.shape // [8, 196, 768]
 */
export function rearrange<
  const X extends ArrayOrList,
  P extends string,
  const L extends object = NoLengths,
  T extends DtypeName = never,
  O extends Data = never,
>(
  x: X & OneDtype<'rearrange', X, T | O>,
  pattern: Checked<'rearrange', P, L, ShapeOf<X>>,
  lengths?: LengthsOf<'rearrange', P, L>,
  options?: Options<O, T>,
): ArrayOf<Converted<DataOf<X>, T, O>, ResultShape<'rearrange', P, L, ShapeOf<X>>>
export function rearrange(
  x: ArrayOrList,
  pattern: string,
  lengths?: Lengths,
  options?: Options<Data, DtypeName>,
): NdArray<Data> {
  const parsed = parseTransform(pattern, 'rearrange')
  const checked = checkOptions(options, 'rearrange')
  const input = asInput(x, 'rearrange', leftOf(parsed), mayConvert(checked))
  const result = transform(input, parsed, lengths, checked)
  return checked.out ?? present(result)
}

/** The same on trusted values. */
export function rearrangeTensor(
  x: InputArgument,
  pattern: string,
  lengths?: Lengths,
  options: TensorOptions = {},
): Value {
  return transform(trustedInput(x), parseTransform(pattern, 'rearrange'), lengths, options)
}
