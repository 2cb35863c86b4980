/** softmax: scores as shares of one along an axis. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyInto } from '../copy/copy.ts'
import { resultDtype } from '../copy/reduction.ts'
import { classOf } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { expectHost } from '../steps/machine.ts'
import { converted } from '../steps/rearrange.ts'
import { newResult } from '../steps/result.ts'
import { softmax as softmaxOf } from '../steps/softmax.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { asValue, present } from './array.ts'
import type { Kind } from './kinds.ts'
import { checkOptions, checkOut, type DtypeName, type Options, optionKinds } from './options.ts'
import type { ArrayOf, Converted, DataOf, ShapeOf, SumsOf } from './typed.ts'

export interface SoftmaxOptions<D extends Data = Data, T extends DtypeName = never>
  extends Omit<Options<D, T>, 'copy'> {
  /** Along which axis the results sum to one; negative counts from the last, −1 if not given. */
  readonly axis?: number | undefined
}

const axisKind: Kind = { expected: 'a whole number', has: Number.isSafeInteger }
const softmaxKinds = { axis: axisKind, dtype: optionKinds.dtype, out: optionKinds.out }

/**
 * `exp(x) / Σ exp(x)` along an axis, shifted so that no exponential overflows.
 *
 * @param x an array of any dtype and strides
 * @param options `axis`: the last one if not given; `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns a new array of the shape and dtype of `x`, except that integers give float64. A row of −Infinity only gives NaN, as in PyTorch
 * @throws {EinopsError} when `x` is no array or has no such axis, for big integers, or when an option cannot be met
 *
 * @example
 * const logits = fromNested([[0, 0], [2, 2]])
 * toNested(softmax(logits)) // → [[0.5, 0.5], [0.5, 0.5]]
 * softmax(logits, { axis: 0 }).get(1, 0).toFixed(4) // → '0.8808'
 */
export function softmax<X extends NdArray<Data>, T extends DtypeName = never, O extends Data = never>(
  x: X,
  options?: SoftmaxOptions<O, T>,
): ArrayOf<Converted<SumsOf<DataOf<X>>, T, O>, ShapeOf<X>>
export function softmax(x: NdArray<Data>, options?: SoftmaxOptions<Data, DtypeName>): unknown {
  const checked = checkOptions(options, 'softmax', softmaxKinds)
  const result = softmaxTensor(asValue(x, 'softmax'), checked)
  return checked.out ?? present(result)
}

/** The same on trusted values. */
function softmaxTensor(x: Value, { axis = -1, out, dtype }: SoftmaxOptions<Data, DtypeName> = {}): Value {
  const operation = 'softmax'
  const { shape } = x
  const rank = Math.max(1, shape.length)
  if (axis < -rank || axis >= rank) {
    const said = say('option/value', { option: 'axis', got: axis, expected: `one of ${shape.length} axes` })
    throw new EinopsError({ operation, ...said, shape })
  }
  const given = typeOf(x)
  const natural = resultDtype('mean', given)
  if (natural === null) {
    const values = { what: 'the argument', got: given, expected: 'numbers, which have fractions' }
    throw new EinopsError({ operation, ...say('tensor/dtype', values) })
  }
  if (out !== undefined) checkOut(out, shape, null, operation)
  const isFloat = given === 'float32' || given === 'float64'
  const result = softmaxOf(isFloat ? x : converted(x, 'float64'), { axis })
  const wanted = dtype ?? natural
  if (out === undefined && typeOf(result) === wanted) return result
  if (out === undefined && isPlain(wanted)) return converted(result, wanted)
  expectHost(operation, "writing into 'out'")
  const target = out ?? newResult((x as Tensor).data, shape, operation)
  copyInto(result as Tensor, target)
  return target
}

/** Whether arrays of a dtype can be made by its name. */
function isPlain(dtype: Dtype): boolean {
  return classOf(dtype) !== undefined
}
