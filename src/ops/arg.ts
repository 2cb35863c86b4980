/** argmax and argmin: where the largest and the smallest element stand along the axes that are dropped. */
import type { TransformPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parseTransform } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import { copyInto, materialize } from '../copy/copy.ts'
import { readElement } from '../copy/reference.ts'
import { contiguousStride, sizeOf } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import { planOf } from '../layout/plans.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { expectHost } from '../steps/machine.ts'
import { newResult, resultKind } from '../steps/result.ts'
import { type HostValue, tensorOf } from '../steps/value.ts'
import { toNdarray } from './array.ts'
import { asInput, gather, type Input } from './input.ts'
import { checkOptions, checkOut, type DtypeName, type Options, type TensorOptions } from './options.ts'
import { leftOf } from './transform.ts'
import type { ArrayOf, ArrayOrList, Converted, OneDtype, ShapeOf } from './typed.ts'

type ArgOperation = 'argmax' | 'argmin'

/**
 * Where the largest element stands along the axes that only the left side has: the first one among equals, NaN being larger than all.
 *
 * @param x an array of any dtype and strides, or a list of equal arrays, which counts as one array with a new first axis
 * @param pattern `left -> right`, as reduce's
 * @param lengths lengths of axes that the shape does not determine
 * @param options `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns an int32 array of the shape that the right side describes. Of several dropped axes the index counts through all of them, the last one
 *   fastest, in the order of the left side
 * @throws {EinopsError} when the pattern is wrong or does not fit the shape, when there is no element along the dropped axes, or when an option
 *   cannot be met
 *
 * @example
 * const logits = fromNested([[0.1, 2, 0.3], [5, 4, 3]])
 * toNested(argmax(logits, 'b c -> b')) // → [1, 0]
 */
export function argmax<
  const X extends ArrayOrList,
  P extends string,
  const L extends object = NoLengths,
  T extends DtypeName = never,
  O extends Data = never,
>(
  x: X & OneDtype<'argmax', X, T | O>,
  pattern: Checked<'argmax', P, L, ShapeOf<X>>,
  lengths?: LengthsOf<'argmax', P, L>,
  options?: Options<O, T>,
): ArrayOf<Converted<Int32Array, T, O>, ResultShape<'argmax', P, L, ShapeOf<X>>>
export function argmax(
  x: ArrayOrList,
  pattern: string,
  lengths?: Lengths,
  options?: Options<Data, DtypeName>,
): NdArray<Data> {
  return arg('argmax', x, pattern, lengths, options)
}

/**
 * Where the smallest element stands along the axes that only the left side has: the first one among equals, NaN being smaller than all.
 *
 * @param x an array of any dtype and strides, or a list of equal arrays, which counts as one array with a new first axis
 * @param pattern `left -> right`, as reduce's
 * @param lengths lengths of axes that the shape does not determine
 * @param options `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns an int32 array of the shape that the right side describes, as {@link argmax}
 * @throws {EinopsError} as `argmax`
 *
 * @example
 * const distances = fromNested([[3, 1], [2, 5]])
 * argmin(distances, 'a b ->').get() // → 1
 */
export function argmin<
  const X extends ArrayOrList,
  P extends string,
  const L extends object = NoLengths,
  T extends DtypeName = never,
  O extends Data = never,
>(
  x: X & OneDtype<'argmin', X, T | O>,
  pattern: Checked<'argmin', P, L, ShapeOf<X>>,
  lengths?: LengthsOf<'argmin', P, L>,
  options?: Options<O, T>,
): ArrayOf<Converted<Int32Array, T, O>, ResultShape<'argmin', P, L, ShapeOf<X>>>
export function argmin(
  x: ArrayOrList,
  pattern: string,
  lengths?: Lengths,
  options?: Options<Data, DtypeName>,
): NdArray<Data> {
  return arg('argmin', x, pattern, lengths, options)
}

function arg(
  operation: ArgOperation,
  x: ArrayOrList,
  pattern: string,
  lengths: Lengths | undefined,
  options: Options<Data, DtypeName> | undefined,
): NdArray<Data> {
  const parsed = parseTransform(pattern, operation)
  const checked = checkOptions(options, operation)
  const input = asInput(x, operation, leftOf(parsed))
  const result = find(input, parsed, operation, lengths, checked)
  return checked.out ?? toNdarray(result)
}

function find(
  input: Input,
  pattern: TransformPattern,
  operation: ArgOperation,
  lengths: Lengths | undefined,
  { copy, out, dtype }: TensorOptions,
): Tensor {
  const plan = planOf(pattern, input.shape, lengths)
  const { text, left } = pattern
  const mistake = (said: ReturnType<typeof say>, hint?: string) =>
    new EinopsError({ operation, pattern: text, span: left.span, ...said, shape: input.shape, hint })
  if (copy === 'never') throw mistake(say('option/copy', {}), 'indices are new elements')
  const count = sizeOf(plan.reduced.map(({ length }) => length))
  if (count === 0 && plan.outputSize > 0) throw mistake(say('reduction/empty', { reduction: operation }))
  if (out !== undefined) checkOut(out, plan.outputShape, null, operation)

  expectHost(operation, 'looking for places')
  const source = tensorOf(gather(input, operation) as HostValue)
  const kept = plan.kept(source)
  const dropped = plan.dropped(source)
  const shape = [...kept.shape, ...dropped.shape]
  const rows = materialize({ ...source, shape, stride: [...kept.stride, ...dropped.stride] })
  const indices = new Int32Array(plan.outputSize)
  const isLess = operation === 'argmin'
  for (let row = 0; row < indices.length; row++) {
    indices[row] = firstBest(rows.data, rows.offset + row * count, count, isLess)
  }
  const found: Tensor = {
    data: indices,
    shape: plan.outputShape,
    stride: contiguousStride(plan.outputShape),
    offset: 0,
  }
  const target =
    out ?? newResult(resultKind<Data>(indices, dtype ?? null, operation), plan.outputShape, operation)
  copyInto(found, target)
  return target
}

/** The place of the first best element of a row. */
function firstBest(data: Data, start: number, count: number, isLess: boolean): number {
  let best = readElement(data, start) as number
  let place = 0
  for (let i = 1; i < count; i++) {
    const value = readElement(data, start + i) as number
    // nothing is better than NaN
    if (Number.isNaN(best)) break
    if (isLess ? value < best : value > best) [best, place] = [value, i]
    else if (Number.isNaN(value)) [best, place] = [value, i]
  }
  return place
}
