/** What has no gradient says so by name. */

import { EinopsError } from '../../grammar/error.ts'
import { asValue } from '../ops/array.ts'
import { typeOf, type Value } from '../steps/value.ts'

/** @throws {EinopsError} always */
export function noGradient(what: string): never {
  throw new EinopsError({
    code: 'gradient/none',
    operation: 'gradients',
    what: `${what} has no gradient, and the result depends on it`,
  })
}

/** A mistake in a call of this room. */
export function mistake(operation: string, what: string, hint?: string): EinopsError {
  return new EinopsError({ code: 'train/argument', operation, what, hint })
}

/** An array that gradients can be of. */
export function floats(x: Value, operation: string, what: string): Value {
  const value = asValue(x, operation, what)
  const dtype = typeOf(value)
  if (dtype === 'float32' || dtype === 'float64') return value
  throw mistake(
    operation,
    `gradients are of real numbers — got ${dtype} for ${what}, expected float32 or float64`,
  )
}
