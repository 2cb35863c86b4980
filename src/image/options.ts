/** What the functions of this room say of options that they do not know. */
import { type Kind, type Kinds, mistakeIn, oneOf } from '../ops/kinds.ts'
import { ImageError } from './error.ts'
import { interpolations } from './resample.ts'

export const interpolation: Kind = oneOf(interpolations)

/**
 * Checks the names and values of options.
 *
 * @throws ImageError for a name that is none of them, or a value that is not of the option's kind
 */
export function expectOptions<Options extends object>(
  operation: string,
  options: Options,
  kinds: Kinds<Options>,
): void {
  const mistake = mistakeIn(options, kinds)
  if (mistake === undefined) return
  const { code, what, values, hint } = mistake
  const sentence = hint === undefined ? what : `${what}; ${hint.text}`
  throw new ImageError(operation, code, sentence, { values, fix: hint?.fix })
}
