/** map: a function of every element, for what has no name here. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyInto, materialize } from '../copy/copy.ts'
import { resultDtype } from '../copy/reduction.ts'
import { asElementOf, readElement, writeElement } from '../copy/reference.ts'
import { dtypeOf } from '../layout/data.ts'
import { isBigDtype } from '../layout/dtype.ts'
import { contiguous, isContiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { allocateResult, resultKind } from '../steps/result.ts'
import { isResident } from '../wasm/resident.ts'
import { asTensor, toNdarray } from './array.ts'
import { checkOptions, checkOut, type DtypeName, type Options, type TensorOptions } from './options.ts'
import type { ArrayOf, Converted, DataOf, ShapeOf, SumsOf } from './typed.ts'

/** An element of an array. */
export type ElementOf<X> = X extends NdArray<infer D> ? (D extends ArrayLike<infer E> ? E : unknown) : unknown

/**
 * A new array of what a function makes of every element, called in row-major order.
 *
 * @param x an array of any dtype and strides
 * @param f gets an element and gives a number, or a big integer
 * @param options `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns a new array of the shape and dtype of `x`, except that integers give float64 (big integers stay big integers)
 * @throws {EinopsError} when `x` is no array, when the function gives no number, or when an option cannot be met
 *
 * @example
 * const x = fromNested([[0, 4], [9, 16]])
 * toNested(map(x, Math.sqrt)) // → [[0, 2], [3, 4]]
 * toNested(map(x, (value) => value * 100, { dtype: 'uint8_clamped' })) // → [[0, 255], [255, 255]]
 */
export function map<X extends NdArray<Data>, T extends DtypeName = never, O extends Data = never>(
  x: X,
  f: (value: ElementOf<X>) => number | bigint | boolean,
  options?: Options<O, T>,
): ArrayOf<Converted<SumsOf<DataOf<X>>, T, O>, ShapeOf<X>>
export function map(
  x: NdArray<Data>,
  f: (value: never) => unknown,
  options?: Options<Data, DtypeName>,
): unknown {
  const tensor = asTensor(x, 'map')
  const checked = checkOptions(options, 'map')
  if (typeof f !== 'function') {
    const said = say('option/value', { option: 'f', got: show(f), expected: 'a function of an element' })
    throw new EinopsError({ operation: 'map', ...said, hint: 'the order is map(x, (value) => …)' })
  }
  const result = mapTensor(tensor, f, checked)
  return checked.out ?? toNdarray(result)
}

/** The same on trusted tensors. */
function mapTensor(
  x: Tensor,
  f: (value: never) => unknown,
  { copy, out, dtype }: TensorOptions = {},
): Tensor {
  if (copy === 'never') {
    throw new EinopsError({ operation: 'map', ...say('option/copy', {}), hint: 'map computes new elements' })
  }
  if (out !== undefined) checkOut(out, x.shape, null, 'map')
  const natural = resultDtype('sum', dtypeOf(x.data))!
  const size = sizeOf(x.shape)
  // in ordinary memory, both: what the function does may move the other kind
  const like = out?.data ?? resultKind<Data>(x.data, dtype ?? natural, 'map')
  const result = { ...contiguous(x.shape), data: allocateResult(like, size, 'map') }
  const { data, offset } = isContiguous(x) && !isResident(x.data) ? x : materialize(x)
  const written = dtypeOf(result.data)
  const takesAll = written === 'generic' || written === 'array'
  for (let i = 0; i < size; i++) {
    const value = f(readElement(data, offset + i) as never)
    if (typeof value === 'number' && !isBigDtype(written)) {
      writeElement(result.data, i, value)
      continue
    }
    if (!takesAll && !isNumber(value)) throw noNumber(value)
    writeElement(result.data, i, asElementOf(written, value))
  }
  if (out === undefined) return result
  copyInto(result, out)
  return out
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
}

function noNumber(value: unknown): EinopsError {
  const hint = value === undefined ? 'does the function return its result?' : undefined
  return new EinopsError({ operation: 'map', ...say('map/value', { got: show(value) }), hint })
}
