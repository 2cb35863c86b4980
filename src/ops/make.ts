/** zeros, ones, full and arange: arrays to begin with. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { asElementOf } from '../copy/reference.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { allocateResult } from '../steps/result.ts'
import { toNdarray } from './array.ts'
import { type ArraysByDtype, type DtypeName, kindOfDtype } from './options.ts'
import type { ArrayOf } from './typed.ts'

/**
 * An array of zeros.
 *
 * @param shape its lengths
 * @param dtype `'float32'` if not given
 * @throws {EinopsError} for lengths that are no whole numbers from 0, for the name of no dtype, and where there is no memory
 *
 * @example
 * zeros([2, 3]).shape // → [2, 3]
 * zeros([4], 'int32').dtype // → int32
 */
export function zeros<const S extends readonly number[], T extends DtypeName = 'float32'>(
  shape: S,
  dtype?: T,
): ArrayOf<ArraysByDtype[T], [...S]> {
  return filled('zeros', shape, 0, dtype) as never
}

/**
 * An array of ones.
 *
 * @param shape its lengths
 * @param dtype `'float32'` if not given
 * @throws {EinopsError} as `zeros`
 *
 * @example
 * toNested(ones([2, 2])) // → [[1, 1], [1, 1]]
 */
export function ones<const S extends readonly number[], T extends DtypeName = 'float32'>(
  shape: S,
  dtype?: T,
): ArrayOf<ArraysByDtype[T], [...S]> {
  return filled('ones', shape, 1, dtype) as never
}

/**
 * An array of one value.
 *
 * @param shape its lengths
 * @param value every element, converted as typed arrays convert
 * @param dtype `'float32'` if not given
 * @throws {EinopsError} as `zeros`, and when the value is no number
 *
 * @example
 * toNested(full([3], 255, 'uint8')) // → [255, 255, 255]
 */
export function full<const S extends readonly number[], T extends DtypeName = 'float32'>(
  shape: S,
  value: number | bigint,
  dtype?: T,
): ArrayOf<ArraysByDtype[T], [...S]> {
  return filled('full', shape, value, dtype) as never
}

/**
 * The whole numbers from 0, or from `start`, to before an end.
 *
 * @param start the first one; or, alone, how many there are from 0
 * @param end what they do not reach
 * @param step from one to the next, also a fraction or negative; 1 if not given
 * @param dtype `'float32'` if not given
 * @throws {EinopsError} for what is no finite number, a step of 0, and the name of no dtype
 *
 * @example
 * toNested(rearrange(arange(6), '(h w) -> h w', { h: 2 })) // → [[0, 1, 2], [3, 4, 5]]
 * toNested(arange(1, 10, 3, 'int32')) // → [1, 4, 7]
 */
export function arange<T extends DtypeName = 'float32'>(
  start: number,
  end?: number,
  step: number = 1,
  dtype?: T,
): ArrayOf<ArraysByDtype[T], [number]> {
  const [first, last] = end === undefined ? [0, start] : [start, end]
  for (const [option, value] of Object.entries({ start: first, end: last, step })) {
    if (Number.isFinite(value) && !(option === 'step' && value === 0)) continue
    const expected = option === 'step' ? 'a number other than 0' : 'a finite number'
    throw wrong('arange', option, show(value), expected)
  }
  const size = Math.max(0, Math.ceil((last - first) / step))
  const array = filled('arange', [size], 0, dtype)
  const named = dtype ?? 'float32'
  const data = array.data as unknown[]
  for (let i = 0; i < size; i++) data[i] = asElementOf(named, first + i * step)
  return array as never
}

function filled(
  operation: string,
  shape: readonly number[],
  value: number | bigint,
  dtype: DtypeName = 'float32',
): NdArray {
  if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    const got = Array.isArray(shape) ? showShape(shape) : show(shape)
    throw wrong(operation, 'shape', got, 'a list of whole numbers, 0 or more, such as [2, 3]')
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw wrong(operation, 'value', show(value), 'a number')
  }
  const data = allocateResult(kindOfDtype(dtype, operation), sizeOf(shape), operation) as unknown[]
  data.fill(asElementOf(dtype, value))
  return toNdarray({ ...contiguous(shape), data }) as NdArray
}

function wrong(operation: string, option: string, got: string, expected: string): EinopsError {
  return new EinopsError({ operation, ...say('option/value', { option, got, expected }) })
}
