/** What has no gradient says so by name. */
import { EinopsError } from '../../grammar/error.ts'

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
