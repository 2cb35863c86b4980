/** Arrays as nested lists and back, for eyes, JSON and small examples; `show` prints them. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { asElementOf, readElement } from '../copy/reference.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { showShape, show as showValue } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { allocateResult } from '../steps/result.ts'
import { asTensor, toNdarray } from './array.ts'
import { kind } from './kinds.ts'
import type { ElementOf } from './map.ts'
import { type ArraysByDtype, checkOptions, type DtypeName, kindOfDtype } from './options.ts'
import { type ShowOptions, textOf } from './show.ts'
import type { ArrayOf, ShapeOf } from './typed.ts'

/** Values nested to any depth; rows may be typed arrays. */
export type NestedValues = Scalar | ArrayLike<number> | ArrayLike<bigint> | readonly NestedValues[]

type Scalar = number | bigint | boolean

/** The shape of nested lists, as far as a type knows it. */
type NestedShape<V> = V extends Scalar
  ? []
  : V extends readonly [infer First, ...unknown[]]
    ? [V['length'], ...NestedShape<First>]
    : V extends readonly (infer Each)[]
      ? [number, ...NestedShape<Each>]
      : [number]

/** The array of a dtype, or of what the values are. */
type NestedData<V, T extends DtypeName> = [T] extends [never]
  ? [ScalarsOf<V>] extends [bigint]
    ? BigInt64Array<ArrayBuffer>
    : [ScalarsOf<V>] extends [boolean]
      ? Uint8Array
      : Float32Array
  : ArraysByDtype[T]

type ScalarsOf<V> = V extends Scalar ? V : V extends ArrayLike<infer Each> ? ScalarsOf<Each> : number

/** Lists nested as deep as a shape is long. */
export type Nested<E, S extends readonly number[]> = number extends S['length']
  ? E | NestedList<E>
  : S extends readonly [number, ...infer Rest extends number[]]
    ? Nested<E, Rest>[]
    : E

interface NestedList<E> extends Array<E | NestedList<E>> {}

const showKinds = {
  threshold: kind.count,
  edgeItems: kind.length,
  precision: kind.length,
  lineWidth: kind.length,
}

/**
 * An array as text: dtype, shape, and the values nested by shape, whatever the order in which they stand in memory. Where there are more
 * than 1000, the middle is left out. In Node, `console.log` of a result shows the same.
 *
 * @param x an array of any dtype and strides
 * @param options `threshold`, `edgeItems`, `precision`, `lineWidth`
 * @throws {EinopsError} when `x` is no array, or for an option that is none
 *
 * @example
 * const x = fromNested([[1, 2, 3], [4, 5, 6]])
 * console.log(show(rearrange(x, 'h w -> w h')))
 * // | float32 [3, 2]
 * // | [[1, 4],
 * // |  [2, 5],
 * // |  [3, 6]]
 */
export function show(x: NdArray<Data>, options?: ShowOptions): string {
  return textOf(asTensor(x, 'show'), checkOptions(options, 'show', showKinds))
}

/**
 * The values of an array as lists nested by its shape; of a 0-d array the value itself.
 *
 * @param x an array of any dtype and strides
 * @throws {EinopsError} when `x` is no array
 *
 * @example
 * toNested(rearrange(fromNested([[1, 2, 3], [4, 5, 6]]), 'h w -> w h')) // → [[1, 4], [2, 5], [3, 6]]
 */
export function toNested<X extends NdArray<Data>>(x: X): Nested<ElementOf<X>, ShapeOf<X>>
export function toNested(x: NdArray<Data>): unknown {
  const { data, shape, stride, offset } = asTensor(x, 'toNested')
  const at = (axis: number, place: number): unknown =>
    axis === shape.length
      ? readElement(data, place)
      : Array.from({ length: shape[axis]! }, (_, i) => at(axis + 1, place + i * stride[axis]!))
  return at(0, offset)
}

/**
 * A new array of the values of nested lists.
 *
 * @param values numbers, big integers or booleans in lists of equal lengths, nested to any depth; rows may be typed arrays
 * @param dtype what the elements become; if not given, big integers are bigint64, booleans uint8, all else is float32
 * @returns a contiguous array whose shape is that of the lists
 * @throws {EinopsError} when lists that stand beside each other differ in length or depth, or something is no number
 *
 * @example
 * const x = fromNested([[1, 2, 3], [4, 5, 6]])
 * x.shape // → [2, 3]
 * fromNested([3n, 4n]).dtype // → bigint64
 * fromNested([[0.5]], 'float64').get(0, 0) // → 0.5
 */
export function fromNested<const V extends NestedValues, T extends DtypeName = never>(
  values: V,
  dtype?: T,
): ArrayOf<NestedData<V, T>, NestedShape<V>>
export function fromNested(values: NestedValues, dtype?: DtypeName): unknown {
  return toNdarray(tensorOf(values, dtype))
}

function tensorOf(values: NestedValues, dtype?: DtypeName): Tensor {
  const shape: number[] = []
  for (let first: unknown = values; isList(first); first = first[0]) shape.push(first.length)
  const elements: Scalar[] = []
  collect(values, shape, 0, [], elements)
  const named = dtype ?? dtypeOfValues(elements)
  const data = allocateResult(kindOfDtype(named, 'fromNested'), sizeOf(shape), 'fromNested') as unknown[]
  for (let i = 0; i < elements.length; i++) data[i] = asElementOf(named, elements[i])
  return { ...contiguous(shape), data: data as Data }
}

function dtypeOfValues(elements: readonly Scalar[]): DtypeName {
  if (elements.length === 0) return 'float32'
  if (elements.every((value) => typeof value === 'bigint')) return 'bigint64'
  return elements.every((value) => typeof value === 'boolean') ? 'uint8' : 'float32'
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

/** Adds the values below a place, after checking that they are nested as the first ones are. */
function collect(
  value: unknown,
  shape: readonly number[],
  axis: number,
  place: readonly number[],
  elements: Scalar[],
): void {
  if (axis < shape.length) {
    const got = isList(value) ? `length ${value.length}` : showValue(value)
    if (!isList(value) || value.length !== shape[axis]) {
      throw mistake('nested/ragged', place, got, `a list of length ${shape[axis]}`)
    }
    for (let i = 0; i < value.length; i++) collect(value[i], shape, axis + 1, [...place, i], elements)
    return
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    elements.push(value)
    return
  }
  const isDeeper = isList(value)
  const hint =
    typeof value === 'object' && value !== null && 'stride' in value
      ? "a list of arrays is one array for rearrange: rearrange(list, 'n ... -> n ...')"
      : undefined
  throw isDeeper
    ? mistake('nested/ragged', place, `a list of length ${value.length}`, 'a number, as at the first place')
    : mistake('nested/value', place, showValue(value), 'a number, a big integer or a boolean', hint)
}

function mistake(
  code: 'nested/ragged' | 'nested/value',
  place: readonly number[],
  got: string,
  expected: string,
  hint?: string,
): EinopsError {
  return new EinopsError({
    operation: 'fromNested',
    ...say(code, { place: showShape(place), got, expected }),
    hint,
  })
}
