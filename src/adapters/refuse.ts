/** What the adapters say to a tensor that has no counterpart on the other side. */

import { EinopsError } from '../../grammar/error.ts'
import { show } from '../layout/show.ts'

/** The error of `operation`: `what — got …, expected …`. */
export function refuse(
  operation: string,
  code: 'adapter/type' | 'adapter/shape' | 'adapter/dtype' | 'adapter/location',
  what: string,
  got: string,
  expected: string,
  hint?: string,
): EinopsError {
  return new EinopsError({
    operation,
    code,
    what: `${what} — got ${got}, expected ${expected}`,
    values: { got, expected },
    hint,
  })
}

/** Refuses what has no members to look at. */
export function expectMembers(operation: string, value: unknown, expected: string): void {
  if (typeof value !== 'object' || value === null) {
    throw refuse(operation, 'adapter/type', 'not a tensor', show(value), expected)
  }
}
