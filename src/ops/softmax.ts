/** softmax: scores as shares of one along an axis. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyInto } from '../copy/copy.ts'
import { resultDtype } from '../copy/reduction.ts'
import { dtypeOf } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Data, FloatTensor, NdArray, Tensor } from '../layout/tensor.ts'
import { softmax as floatSoftmax, softmaxOfDoubles } from '../rows/softmax.ts'
import { asTensor, toNdarray } from './array.ts'
import type { Kind } from './kinds.ts'
import { checkOptions, checkOut, type DtypeName, type Options, optionKinds, resultKind } from './options.ts'
import { newResult } from './result.ts'
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
  const result = softmaxTensor(asTensor(x, 'softmax'), checked)
  return checked.out ?? toNdarray(result)
}

/** The same on trusted tensors. */
export function softmaxTensor(
  x: Tensor,
  { axis = -1, out, dtype }: SoftmaxOptions<Data, DtypeName> = {},
): Tensor {
  const operation = 'softmax'
  const { shape } = x
  const rank = Math.max(1, shape.length)
  if (axis < -rank || axis >= rank) {
    const said = say('option/value', { option: 'axis', got: axis, expected: `one of ${shape.length} axes` })
    throw new EinopsError({ operation, ...said, shape })
  }
  const natural = resultDtype('mean', dtypeOf(x.data))
  if (natural === null) {
    const values = { what: 'the argument', got: dtypeOf(x.data), expected: 'numbers, which have fractions' }
    throw new EinopsError({ operation, ...say('tensor/dtype', values) })
  }
  if (out !== undefined) checkOut(out, shape, null, operation)
  const like = out?.data ?? resultKind(x.data, dtype ?? natural, operation)
  const isSingle = x.data instanceof Float32Array
  const result = isSingle ? floatSoftmax(x as FloatTensor, { axis }) : softmaxOfDoubles(doublesOf(x), axis)
  if (out === undefined && dtypeOf(result.data) === dtypeOf(like)) return result
  const target = out ?? newResult(like, shape, operation)
  copyInto(result, target)
  return target
}

function doublesOf(x: Tensor): Tensor<Float64Array> {
  const copy = { ...contiguous(x.shape), data: new Float64Array(sizeOf(x.shape)) }
  copyInto(x, copy)
  return copy
}
