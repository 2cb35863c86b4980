/**
 * What an operation works on: an array, or a list of equal arrays that stand for one array stacked on a new first axis.
 * A list is stacked without a copy where its arrays stand at equal distances in one buffer, and otherwise it stays a
 * list, so that its elements move only once, to where the result wants them.
 */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyApart } from '../copy/copy.ts'
import { type Dtype, isSameDtype } from '../layout/dtype.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data } from '../layout/tensor.ts'
import { currentMachine } from '../steps/machine.ts'
import { joined } from '../steps/pack.ts'
import { converted } from '../steps/rearrange.ts'
import { allocateResult, resultKind } from '../steps/result.ts'
import { type HostValue, isWeighted, laidOut, tensorOf, typeOf, type Value } from '../steps/value.ts'
import { asValue, type Excerpt } from './array.ts'
import { foreign } from './foreign.ts'

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
export function asInput(
  x: InputArgument,
  operation: string,
  excerpt?: Excerpt,
  converts: boolean = false,
): Input {
  if (!isList(x)) return asValue(x, operation, undefined, excerpt)
  const items = asList(x, operation, excerpt, converts)
  checkSameShapes(items, operation, excerpt)
  return stack(items)
}

/**
 * A checked list of at least one array, all of one dtype unless they are converted.
 *
 * @throws {EinopsError} for what is no such list
 */
export function asList(
  xs: readonly Value[],
  operation: string,
  excerpt?: Excerpt,
  converts: boolean = false,
): readonly Value[] {
  if (!Array.isArray(xs)) {
    throw new EinopsError({ operation, ...excerpt, ...say('list/type', { got: show(xs) }) })
  }
  if (xs.length === 0) throw new EinopsError({ operation, ...excerpt, ...say('list/empty', {}) })
  if (typeof xs[0] !== 'object') {
    const { got, hint } = foreign(xs) // values, not arrays of them
    throw new EinopsError({
      operation,
      ...excerpt,
      ...say('tensor/type', { what: 'the argument', got }),
      hint,
    })
  }
  const values: Value[] = []
  for (const [index, x] of xs.entries()) {
    if (Array.isArray(x)) {
      const { hint } = foreign(xs)
      throw new EinopsError({ operation, ...excerpt, ...say('list/nested', { index }), hint })
    }
    values.push(asValue(x, operation, `element ${index} of the list`, excerpt))
    const got = typeOf(values[index]!)
    const expected = typeOf(values[0]!)
    if (converts || isSameDtype(got, expected)) continue
    throw new EinopsError({
      operation,
      ...excerpt,
      ...say('list/unequal', { what: 'dtypes', got, index, expected }),
      hint: `the option { dtype: '${expected}' } converts what is not of it`,
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

function checkSameShapes(items: readonly Value[], operation: string, excerpt: Excerpt | undefined): void {
  const expected = showShape(items[0]!.shape)
  for (const [index, { shape }] of items.entries()) {
    const got = showShape(shape)
    if (got === expected) continue
    throw new EinopsError({
      operation,
      ...excerpt,
      ...say('list/unequal', { what: 'shapes', got, index, expected }),
      shape: items.map((item) => item.shape),
    })
  }
}

/** The values on a new first axis: on the host a view or a list, elsewhere a step. */
function stack(values: readonly Value[]): Input {
  const shape = [values.length, ...values[0]!.shape]
  if (currentMachine() !== null) {
    return joined(inOneDtype(values), { before: 0, after: shape.length - 1 })
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

/** The dtype of an input's elements; where dtypes differ, they meet in float64. */
export function dtypeIn(input: Input): Dtype {
  return isStack(input) ? commonDtype(input.items) : typeOf(input)
}

/** The same of a list. */
export function commonDtype(values: readonly Value[]): Dtype {
  const dtype = typeOf(values[0]!)
  return values.every((value) => typeOf(value) === dtype) ? dtype : 'float64'
}

/** A buffer of the kind that the elements of host values have. */
export function kindIn(items: readonly HostValue[]): Data {
  return resultKind(tensorOf(items[0]!).data, commonDtype(items), 'reduce')
}

function inOneDtype(values: readonly Value[]): readonly Value[] {
  const dtype = commonDtype(values)
  return values.map((value) => (typeOf(value) === dtype ? value : converted(value, dtype)))
}

/** The input as one value: a stack is copied. */
export function gather(input: Input, operation: string): Value {
  if (!isStack(input)) return input
  const { shape } = input
  const items = input.items.map(tensorOf)
  const result = {
    ...contiguous(shape),
    data: allocateResult<Data>(kindIn(input.items), sizeOf(shape), operation),
  }
  const [step = 0, ...stride] = result.stride
  for (const [i, item] of items.entries()) {
    copyApart(item, { data: result.data, shape: item.shape, stride, offset: i * step })
  }
  return result
}
