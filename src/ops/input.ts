/**
 * What an operation works on: an array, or a list of equal arrays that stand for one array stacked on a new first axis.
 * A list is stacked without a copy where its arrays stand at equal distances in one buffer, and otherwise it stays a
 * list, so that its elements move only once, to where the result wants them.
 */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyApart } from '../copy/copy.ts'
import type { Dtype } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data } from '../layout/tensor.ts'
import { currentMachine } from '../steps/machine.ts'
import { joined } from '../steps/pack.ts'
import { allocateResult } from '../steps/result.ts'
import { part } from '../steps/slice.ts'
import { type HostValue, isWeighted, laidOut, tensorOf, typeOf, type Value } from '../steps/value.ts'
import { asValue, type Place } from './array.ts'

/** Values of one shape and dtype, as one on a new first axis, where no strides express that. */
export interface Stack {
  readonly shape: readonly number[]
  readonly items: readonly HostValue[]
}

/** A value, or a stack of them. */
export type Input = Value | Stack

/** An argument `x | x[]` of a public function. */
export type InputArgument = Value | readonly Value[]

/**
 * The checked input of an operation.
 *
 * @throws {EinopsError} for what is no array, an empty or nested list, or unequal arrays in it
 */
export function asInput(x: InputArgument, operation: string, place?: Place): Input {
  if (!isList(x)) return asValue(x, operation, undefined, place)
  const items = asList(x, operation, place)
  checkSameShapes(items, operation, place)
  return stack(items)
}

/**
 * A checked list of at least one array, all of one dtype.
 *
 * @throws {EinopsError} for what is no such list
 */
export function asList(xs: readonly Value[], operation: string, place?: Place): readonly Value[] {
  if (!Array.isArray(xs)) {
    throw new EinopsError({ operation, ...place, ...say('list/type', { got: show(xs) }) })
  }
  if (xs.length === 0) throw new EinopsError({ operation, ...place, ...say('list/empty', {}) })
  const values: Value[] = []
  for (const [index, x] of xs.entries()) {
    if (Array.isArray(x)) throw new EinopsError({ operation, ...place, ...say('list/nested', { index }) })
    values.push(asValue(x, operation, `element ${index} of the list`, place))
    const got = typeOf(values[index]!)
    const expected = typeOf(values[0]!)
    if (got === expected) continue
    throw new EinopsError({
      operation,
      ...place,
      ...say('list/unequal', { what: 'dtypes', got, index, expected }),
      hint: `copy element ${index} into an array of dtype ${expected} first`,
    })
  }
  return values
}

/** The input among trusted values. */
export function trustedInput(x: InputArgument): Input {
  return isList(x) ? stack(x) : x
}

function isList(x: InputArgument): x is readonly Value[] {
  return Array.isArray(x)
}

function checkSameShapes(items: readonly Value[], operation: string, place: Place | undefined): void {
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

/** The values on a new first axis: on the host a view or a list, elsewhere a step. */
function stack(values: readonly Value[]): Input {
  const shape = [values.length, ...values[0]!.shape]
  if (currentMachine() !== null) {
    const rows = values.map((value) => part(value, 0, { lengths: [1, value.shape[0] ?? 1] }))
    return joined(rows, 0, shape.length - 1)
  }
  const items = values as readonly HostValue[]
  const [first, second] = items as readonly [HostValue, HostValue | undefined]
  const distance = second === undefined ? 0 : second.offset - first.offset
  const even = items.every(
    (item, i) =>
      haveOneBuffer(item, first) &&
      item.offset === first.offset + i * distance &&
      item.stride.every((step, axis) => step === first.stride[axis] || first.shape[axis] === 1),
  )
  if (even) return laidOut(first, { shape, stride: [distance, ...first.stride], offset: first.offset })
  return { shape, items }
}

function haveOneBuffer(a: HostValue, b: HostValue): boolean {
  if (isWeighted(a) || isWeighted(b)) return isWeighted(a) && isWeighted(b) && a.weight === b.weight
  return a.data === b.data
}

export function isStack(input: Input): input is Stack {
  return 'items' in input
}

/** The dtype of an input's elements. */
export function dtypeIn(input: Input): Dtype {
  return typeOf(isStack(input) ? input.items[0]! : input)
}

/** The input as one value: a stack is copied. */
export function gather(input: Input, operation: string): Value {
  if (!isStack(input)) return input
  const { shape } = input
  const items = input.items.map(tensorOf)
  const result = {
    ...contiguous(shape),
    data: allocateResult<Data>(items[0]!.data, sizeOf(shape), operation),
  }
  const [step = 0, ...stride] = result.stride
  for (const [i, item] of items.entries()) {
    copyApart(item, { data: result.data, shape: item.shape, stride, offset: i * step })
  }
  return result
}
