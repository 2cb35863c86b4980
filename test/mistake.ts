/** The mistake that a call is refused for. */
import { EinopsError } from '../grammar/error.ts'

/** The `EinopsError` of a call; any other error is thrown on, and none is a failure. */
export function mistakeOf(call: () => unknown): EinopsError {
  try {
    call()
  } catch (error) {
    if (error instanceof EinopsError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
