/** Why a picture cannot be read, in a sentence: what the file system says, and what decoders say. */
import { codeOf, reasonOf } from '../checkpoint/reason.ts'
import { ImageError } from '../image/error.ts'

/** The sentence; undefined where the error is not about a picture or its file. */
export function faultOf(error: unknown): string | undefined {
  if (error instanceof ImageError) return error.what
  return codeOf(error) === '' ? undefined : reasonOf(error)
}
