/**
 * The boundary: what users pass becomes a checked tensor, what they get becomes an ndarray. This is the only file
 * that constructs ndarrays, because ndarray compiles its classes by `new Function`: where that is forbidden, and
 * where an offset would not fit ndarray's 31 bits, results are of an equal class of ours.
 */
import ndarray from 'ndarray'
import { EinopsError } from '../../grammar/error.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { stridedArray } from './strided-array.ts'

export { allocate, type Dtype, dtypeOf } from '../layout/data.ts'

let codeGenerationAllowed = true

/** The ndarray with a tensor's buffer and layout. */
export function toNdarray<D extends Data>(tensor: Tensor<D>): NdArray<D> {
  return makeNdarray(tensor.data, tensor.shape, tensor.stride, tensor.offset)
}

/** The ndarray of a buffer and a layout, whose `shape` and `stride` are copied. */
export function makeNdarray<D extends Data>(
  data: D,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): NdArray<D> {
  if (codeGenerationAllowed && offset <= 0x7fffffff) {
    try {
      return ndarray(data, shape as number[], stride as number[], offset)
    } catch (error) {
      if (!(error instanceof EvalError)) throw error
      codeGenerationAllowed = false
    }
  }
  return stridedArray(data, shape, stride, offset)
}

/**
 * The argument itself, after checking that it is a tensor whose every element lies inside its buffer.
 *
 * @throws {EinopsError} when it is not
 */
export function asTensor<D extends Data>(x: Tensor<D>, operation: string): Tensor<D> {
  if (!isTensorLike(x)) throw notATensor(x, operation)
  const { shape, stride, offset } = x
  const rank = shape.length
  if (stride.length !== rank) {
    throw badLayout(operation, `its shape has ${rank} axes, its strides ${stride.length}`, x)
  }
  let size = 1 // of the axes that are not empty, so that no product of a part of them is too large either
  let empty = false
  let first = offset
  let last = offset
  for (let axis = 0; axis < rank; axis++) {
    const length = shape[axis]!
    const step = stride[axis]!
    if (!Number.isSafeInteger(length) || length < 0) {
      throw badLayout(operation, `axis ${axis} has length ${show(length)}`, x)
    }
    if (!Number.isSafeInteger(step)) throw badLayout(operation, `axis ${axis} has stride ${show(step)}`, x)
    if (length === 0) {
      empty = true
      continue
    }
    size *= length
    if (step > 0) last += step * (length - 1)
    else first += step * (length - 1)
  }
  if (!Number.isSafeInteger(offset)) throw badLayout(operation, `its offset is ${show(offset)}`, x)
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new EinopsError({
      code: 'array/too-large',
      operation,
      what: 'the array has too many elements — a product of its lengths is over 2^53 − 1',
      shape,
    })
  }
  if (!empty && (first < 0 || last >= x.data.length)) {
    throw badLayout(
      operation,
      `it reaches from element ${first} to element ${last}, its buffer has ${x.data.length}`,
      x,
    )
  }
  return x
}

function isTensorLike(x: unknown): x is Tensor {
  if (typeof x !== 'object' || x === null) return false
  const { data, shape, stride } = x as Partial<Tensor>
  return Array.isArray(shape) && Array.isArray(stride) && isData(data)
}

function isData(data: unknown): data is Data {
  if (typeof data !== 'object' || data === null) return false
  const { length, get, set } = data as { length?: unknown; get?: unknown; set?: unknown }
  if (typeof length !== 'number') return false
  if (Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView))) return true
  return typeof set === 'function' && (typeof get === 'function' || 'BYTES_PER_ELEMENT' in data)
}

function notATensor(x: unknown, operation: string): EinopsError {
  const isList = Array.isArray(x) || ArrayBuffer.isView(x)
  return new EinopsError({
    code: 'array/not-an-array',
    operation,
    what: `the argument is not an ndarray — got ${describe(x)}, expected an ndarray`,
    hint: isList
      ? 'ndarray(values, shape) makes an ndarray of values that stand one after the other'
      : undefined,
  })
}

function badLayout(operation: string, what: string, { shape }: Tensor): EinopsError {
  return new EinopsError({
    code: 'array/bad-layout',
    operation,
    what: `the array's layout is impossible — ${what}`,
    shape,
  })
}

/** A value as an error message shows it: short, and of any type. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'object' && value !== null) return describe(value)
  if (typeof value === 'function') return 'a function'
  return String(value)
}

/** What kind of thing a value is, in words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (ArrayBuffer.isView(value)) return `a bare ${value.constructor.name}`
  if (typeof value === 'object') return 'an object without data, shape, stride and offset'
  return `the ${typeof value} ${show(value)}`
}
