/** Where a result lives that is not a view: a new buffer of the input's kind. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { allocate, dtypeOf } from '../layout/data.ts'
import type { Data } from '../layout/tensor.ts'

/**
 * A new buffer for a result.
 *
 * @throws {EinopsError} where the platform has no room for so many elements
 */
export function allocateResult<D extends Data>(like: D, size: number, operation: string): D {
  try {
    return allocate<D>(like, size)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new EinopsError({ operation, ...say('shape/no-memory', { got: size, dtype: dtypeOf(like) }) })
  }
}
