/** What the adapters say to a tensor that has no counterpart on the other side. */
import { EinopsError } from '../../grammar/error.ts'

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
