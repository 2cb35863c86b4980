/**
 * The boundary: what users pass becomes a checked tensor, what they get becomes an ndarray. This is the only file
 * that constructs ndarrays, because ndarray compiles its classes by `new Function`: where that is forbidden, and
 * where an offset would not fit ndarray's 31 bits, or axes are very many, results are of an equal class of ours.
 */

import ndarray from 'ndarray'
import { inspected } from '#inspected'
import type { Span } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { materialize } from '../copy/copy.ts'
import { isDetached, ofDetached } from '../layout/data.ts'
import { isContiguous } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { currentMachine, MachineArray } from '../steps/machine.ts'
import { type HostValue, isWeighted, tensorOf, type Value } from '../steps/value.ts'
import { isResident } from '../wasm/resident.ts'
import { foreign } from './foreign.ts'
import { stridedArray } from './strided-array.ts'

export { allocate, dtypeOf } from '../layout/data.ts'
export type { Dtype } from '../layout/dtype.ts'

let codeGenerationAllowed = true

/** Axes up to which ndarray compiles a class for each number of them: what it writes for hundreds takes seconds to compile. */
const mostGenerated = 32

/**
 * The ndarray with a tensor's buffer and layout. What lives in linear memory is copied out of it: growing detaches every array on it, and
 * its place may be used again.
 */
export function toNdarray<D extends Data>(x: Tensor<D>): NdArray<D> {
  const tensor = isResident(x.data) ? materialize(x) : x
  return makeNdarray(tensor.data, tensor.shape, tensor.stride, tensor.offset)
}

/** The array that users get for a value: of the host's its ndarray, of another machine's what stands for it. */
export function present(value: Value): NdArray<Data> {
  const machine = currentMachine()
  if (machine !== null) return machine.present(value)
  const tensor = tensorOf(value as HostValue)
  return toNdarray(isWeighted(value) ? materialize(tensor) : tensor)
}

/** The array that users get of a model: its elements in row-major order, unless it is a view of what the model was given. */
export function presentResult(value: Value, inputs: readonly unknown[]): NdArray<Data> {
  if (currentMachine() !== null) return present(value)
  const tensor = tensorOf(value as HostValue)
  const isView = inputs.some((input) => (input as Partial<Tensor>).data === tensor.data)
  return isView || isContiguous(tensor) ? present(value) : toNdarray(materialize(tensor))
}

/**
 * The value that an argument is, for an operation that is made of steps: a checked tensor, or what another machine's array stands for.
 *
 * @throws {EinopsError} when it is neither
 */
export function asValue(x: Value, operation: string, what?: string, excerpt?: Excerpt): Value {
  if (x instanceof MachineArray) return x.valueFor(operation)
  // a parameter is known by what it is, and keeps its elements to itself
  if (currentMachine() !== null && typeof x === 'object' && x !== null && isWeighted(x)) return x
  return asTensor(x as Tensor, operation, what, excerpt)
}

/** The ndarray of a buffer and a layout, whose `shape` and `stride` are copied. */
export function makeNdarray<D extends Data>(
  data: D,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): NdArray<D> {
  if (codeGenerationAllowed && offset <= 0x7fffffff && shape.length <= mostGenerated) {
    try {
      return inspected(ndarrayOf(data, shape, stride, offset))
    } catch (error) {
      if (!(error instanceof EvalError)) throw error
      codeGenerationAllowed = false
    }
  }
  return stridedArray(data, shape, stride, offset)
}

type View = new (data: Data, ...lengthsStridesAndOffset: readonly number[]) => NdArray<Data>

/** ndarray's classes by the prototype of the buffer and the number of axes. */
const classes = new WeakMap<object, View[]>()

/** `ndarray(data, shape, stride, offset)`, which looks in each call for the class that it makes its result of, and takes five times as long for it. */
function ndarrayOf<D extends Data>(
  data: D,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): NdArray<D> {
  const kind = Object.getPrototypeOf(data) as object
  const rank = shape.length
  const known = classes.get(kind)
  const View = known?.[rank]
  if (View === undefined) {
    const array = ndarray(data, shape as number[], stride as number[], offset)
    if (ArrayBuffer.isView(data)) {
      const made = known ?? []
      made[rank] = array.constructor as View
      classes.set(kind, made)
    }
    return array
  }
  const [a = 0, b = 0, c = 0, d = 0] = shape
  const [e = 0, f = 0, g = 0, h = 0] = stride
  const view =
    rank === 2
      ? new View(data, a, b, e, f, offset)
      : rank === 3
        ? new View(data, a, b, c, e, f, g, offset)
        : rank === 4
          ? new View(data, a, b, c, d, e, f, g, h, offset)
          : new View(data, ...shape, ...stride, offset)
  return view as NdArray<D>
}

/** The pattern that an argument is read by, for error messages. */
export interface Excerpt {
  readonly pattern: string
  readonly span: Span
}

/**
 * The argument itself, after checking that it is a tensor whose every element lies inside its buffer; `what` names it
 * in the error.
 *
 * @throws {EinopsError} when it is not
 */
export function asTensor<D extends Data>(
  x: Tensor<D>,
  operation: string,
  what: string = 'the argument',
  excerpt?: Excerpt,
): Tensor<D> {
  if (x instanceof MachineArray) throw x.refused('reading the elements of an array', operation)
  if (!isTensorLike(x)) throw notATensor(x, operation, what, excerpt)
  const { data, shape, stride, offset } = x
  const rank = shape.length
  if (stride.length !== rank) {
    throw impossible(
      { operation, ...excerpt },
      what,
      x,
      `${stride.length} strides`,
      `${rank}, one for each axis of its shape`,
    )
  }
  let size = 1 // of the axes that are not empty, so that no product of a part of them is too large either
  let empty = false
  let first = offset
  let last = offset
  for (let axis = 0; axis < rank; axis++) {
    const length = shape[axis]!
    const step = stride[axis]!
    if (!Number.isSafeInteger(length) || length < 0) {
      throw impossible(
        { operation, ...excerpt },
        what,
        x,
        `length ${show(length)} of axis ${axis}`,
        'a whole number, 0 or more',
      )
    }
    if (!Number.isSafeInteger(step)) {
      throw impossible(
        { operation, ...excerpt },
        what,
        x,
        `stride ${show(step)} of axis ${axis}`,
        'a whole number',
      )
    }
    if (length === 0) {
      empty = true
      continue
    }
    size *= length
    if (step > 0) last += step * (length - 1)
    else first += step * (length - 1)
  }
  if (!Number.isSafeInteger(offset)) {
    throw impossible({ operation, ...excerpt }, what, x, `offset ${show(offset)}`, 'a whole number')
  }
  if (size > Number.MAX_SAFE_INTEGER) {
    throw impossible(
      { operation, ...excerpt },
      what,
      x,
      'lengths whose product is 2^53 or more',
      'fewer elements',
    )
  }
  if (!empty && (first < 0 || last >= data.length)) {
    const reach = `elements from ${first} to ${last}`
    const hint = isDetached(data) ? ofDetached : undefined
    const expected = `all of them in its buffer of ${data.length}`
    throw impossible({ operation, ...excerpt }, what, x, reach, expected, hint)
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
  if (Array.isArray(data) || ArrayBuffer.isView(data)) return true
  // ndarray's generic data, or half floats of a polyfill
  return typeof set === 'function' && (typeof get === 'function' || 'BYTES_PER_ELEMENT' in data)
}

function notATensor(x: unknown, operation: string, what: string, excerpt?: Excerpt): EinopsError {
  const { got, hint } = foreign(x)
  return new EinopsError({ operation, ...excerpt, ...say('tensor/type', { what, got }), hint })
}

function impossible(
  asker: Partial<Excerpt> & { readonly operation: string },
  what: string,
  { shape }: Tensor,
  got: string,
  expected: string,
  hint?: string,
): EinopsError {
  return new EinopsError({ ...asker, ...say('tensor/layout', { what, got, expected }), shape, hint })
}
