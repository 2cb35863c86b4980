/** Where a result lives that is not a view: in a new buffer of the input's kind, or, while a model runs, with its other tensors. */

import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { classOf, dtypeOf } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { isFloat32 } from '../layout/realms.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { allocateUnset } from '../layout/unset.ts'
import { isRunning, resultTensor } from '../wasm/result.ts'

/**
 * A buffer of the kind that a result has: of the dtype that was asked for, else like the given one.
 *
 * @throws {EinopsError} where this platform has no arrays of that dtype
 */
export function resultKind<D extends Data>(like: D, dtype: Dtype | null, operation: string): D {
  return dtype === null || dtype === dtypeOf(like) ? like : (emptyOf(dtype, operation) as D)
}

/**
 * An empty buffer of a dtype.
 *
 * @throws {EinopsError} where this platform has no arrays of it
 */
export function emptyOf(dtype: Dtype, operation: string): Data {
  const Elements = classOf(dtype)
  if (Elements !== undefined) return new Elements(0)
  throw new EinopsError({
    operation,
    ...say('option/value', { option: 'dtype', got: show(dtype), expected: 'one that this platform has' }),
    hint: "give an array of a polyfill's as 'out'",
  })
}

/**
 * A new buffer for a result, its elements not set.
 *
 * @throws {EinopsError} where the platform has no room for so many elements
 */
export function allocateResult<D extends Data>(like: D, size: number, operation: string): D {
  return made(like, size, operation, () => allocateUnset(like, size))
}

/**
 * A new contiguous tensor for a result of an operation, its elements not set.
 *
 * @throws {EinopsError} where the platform has no room for so many elements
 */
export function newResult<D extends Data>(like: D, shape: readonly number[], operation: string): Tensor<D> {
  const size = sizeOf(shape)
  return made(like, size, operation, () =>
    like.constructor === Float32Array || (isRunning() && isFloat32(like))
      ? (resultTensor(shape) as Tensor as Tensor<D>)
      : { ...contiguous(shape), data: allocateUnset(like, size) },
  )
}

function made<T>(like: Data, size: number, operation: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if ((error as Error).name !== 'RangeError') throw error
    throw new EinopsError({ operation, ...say('shape/no-memory', { got: size, dtype: dtypeOf(like) }) })
  }
}

/**
 * What `make` makes, or an error that says what was too large for it.
 *
 * @throws {EinopsError} where the platform has no room
 */
export function roomFor<T>(what: string, shape: readonly number[], operation: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if ((error as Error).name !== 'RangeError') throw error
    const size = `${((4 * sizeOf(shape)) / 2 ** 30).toFixed(1)} GB`
    throw new EinopsError({
      code: 'shape/no-memory',
      operation,
      what: `no memory for ${what} — got ${showShape(shape)} of float32, ${size}, expected fewer elements`,
    })
  }
}
