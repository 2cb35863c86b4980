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
import { showShape } from '../layout/show.ts'
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
export function asInput<D extends Data>(x: InputArgument<D>, operation: string, place?: Place): Input<D> {
  if (!Array.isArray(x)) return asTensor(x as Tensor<D>, operation, undefined, place)
  const items = x as readonly Tensor<D>[]
  if (items.length === 0) throw new EinopsError({ operation, ...place, ...say('list/empty', {}) })
  for (const [index, item] of items.entries()) {
    if (Array.isArray(item)) throw new EinopsError({ operation, ...place, ...say('list/nested', { index }) })
    asTensor(item, operation, `element ${index} of the list`, place)
  }
  checkEqual(items, operation, place)
  return stack(items)
}

/** The input among trusted tensors. */
export function trustedInput<D extends Data>(x: InputArgument<D>): Input<D> {
  return Array.isArray(x) ? stack(x as readonly Tensor<D>[]) : (x as Tensor<D>)
}

function checkEqual(items: readonly Tensor[], operation: string, place: Place | undefined): void {
  const shape = showShape(items[0]!.shape)
  const dtype = dtypeOf(items[0]!.data)
  for (const [index, item] of items.entries()) {
    if (showShape(item.shape) !== shape) {
      const said = say('list/unequal', { what: 'shapes', got: showShape(item.shape), index, expected: shape })
      throw new EinopsError({ operation, ...place, ...said, shape: items.map(({ shape }) => shape) })
    }
    if (dtypeOf(item.data) !== dtype) {
      const said = say('list/unequal', { what: 'dtypes', got: dtypeOf(item.data), index, expected: dtype })
      throw new EinopsError({
        operation,
        ...place,
        ...said,
        hint: 'copy one of them into an array of the other dtype first',
      })
    }
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

/** The buffer whose kind a result has. */
export function dataOf<D extends Data>(input: Input<D>): D {
  return isStack(input) ? input.items[0]!.data : input.data
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
