/**
 * What an operation works on: an array, or a list of equal arrays that stand for one array stacked on a new first axis.
 * A list is stacked without a copy where its arrays stand at equal distances in one buffer, and otherwise it stays a
 * list, so that its elements move only once, to where the result wants them.
 */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyApart } from '../copy/copy.ts'
import { dtypeOf } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { asTensor, type Place } from './array.ts'
import { allocateResult } from './result.ts'

export interface Stack<D extends Data = Data> {
  readonly shape: readonly number[]
  readonly items: readonly Tensor<D>[]
}

/** A tensor, or a stack of them that no strides express. */
export type Input<D extends Data = Data> = Tensor<D> | Stack<D>

/** An argument `x | x[]` of a public function. */
export type InputArgument<D extends Data = Data> = Tensor<D> | readonly Tensor<D>[]

/**
 * The checked input of an operation.
 *
 * @throws {EinopsError} for what is no array, an empty or nested list, or unequal arrays in it
 */
export function asInput<D extends Data>(
  x: InputArgument<D>,
  operation: string,
  place?: Place,
  converts: boolean = false,
): Input<D> {
  if (!Array.isArray(x)) return asTensor(x as Tensor<D>, operation, undefined, place)
  const items = asList(x as readonly Tensor<D>[], operation, place, converts)
  checkSameShapes(items, operation, place)
  return stack(items)
}

/**
 * A checked list of at least one array, all of one dtype unless they are converted.
 *
 * @throws {EinopsError} for what is no such list
 */
export function asList<D extends Data>(
  xs: readonly Tensor<D>[],
  operation: string,
  place?: Place,
  converts: boolean = false,
): readonly Tensor<D>[] {
  if (!Array.isArray(xs)) {
    throw new EinopsError({ operation, ...place, ...say('list/type', { got: show(xs) }) })
  }
  if (xs.length === 0) throw new EinopsError({ operation, ...place, ...say('list/empty', {}) })
  for (const [index, x] of xs.entries()) {
    if (Array.isArray(x)) throw new EinopsError({ operation, ...place, ...say('list/nested', { index }) })
    asTensor(x, operation, `element ${index} of the list`, place)
    const got = dtypeOf(x.data)
    const expected = dtypeOf(xs[0].data)
    if (converts || got === expected) continue
    throw new EinopsError({
      operation,
      ...place,
      ...say('list/unequal', { what: 'dtypes', got, index, expected }),
      hint: `the option { dtype: '${expected}' } converts what is not of it`,
    })
  }
  return xs
}

/** The input among trusted tensors. */
export function trustedInput<D extends Data>(x: InputArgument<D>): Input<D> {
  return Array.isArray(x) ? stack(x as readonly Tensor<D>[]) : (x as Tensor<D>)
}

function checkSameShapes(items: readonly Tensor[], operation: string, place: Place | undefined): void {
  const expected = showShape(items[0]!.shape)
  for (const [index, { shape }] of items.entries()) {
    const got = showShape(shape)
    if (got === expected) continue
    throw new EinopsError({
      operation,
      ...place,
      ...say('list/unequal', { what: 'shapes', got, index, expected }),
      shape: items.map((item) => item.shape),
    })
  }
}

function stack<D extends Data>(items: readonly Tensor<D>[]): Input<D> {
  const [first, second] = items as readonly [Tensor<D>, Tensor<D> | undefined]
  const shape = [items.length, ...first.shape]
  const distance = second === undefined ? 0 : second.offset - first.offset
  const even = items.every(
    ({ data, stride, offset }, i) =>
      data === first.data &&
      offset === first.offset + i * distance &&
      stride.every((step, axis) => step === first.stride[axis] || first.shape[axis] === 1),
  )
  if (even) return { data: first.data, shape, stride: [distance, ...first.stride], offset: first.offset }
  return { shape, items }
}

export function isStack<D extends Data>(input: Input<D>): input is Stack<D> {
  return 'items' in input
}

/** The buffer whose kind a result has; where dtypes differ, their elements meet in float64. */
export function dataOf<D extends Data>(input: Input<D>): D {
  return isStack(input) ? commonData(input.items) : input.data
}

/** The same of a list. */
export function commonData<D extends Data>(items: readonly Tensor<D>[]): D {
  const { data } = items[0]!
  const isOne = items.every((item) => item.data === data || dtypeOf(item.data) === dtypeOf(data))
  return isOne ? data : (new Float64Array(0) as Data as D)
}

/** The input as one tensor: a stack is copied. */
export function gather<D extends Data>(input: Input<D>, operation: string): Tensor<D> {
  if (!isStack(input)) return input
  const { shape, items } = input
  const result = { ...contiguous(shape), data: allocateResult(dataOf(input), sizeOf(shape), operation) }
  const [step = 0, ...stride] = result.stride
  for (const [i, item] of items.entries()) {
    copyApart(item, { data: result.data, shape: item.shape, stride, offset: i * step })
  }
  return result
}
