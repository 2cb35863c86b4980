/** The one error class of pictures. */
import { brief, type Fix } from '../../grammar/error.ts'

interface Details {
  readonly values?: Readonly<Record<string, unknown>> | undefined
  readonly fix?: Fix | undefined
  readonly cause?: unknown
}

/**
 * Thrown when a picture cannot be read, written or resized. Its message is one line that says what is wrong.
 *
 * @example
 * try {
 *   await readImage(new Uint8Array([1, 2, 3]))
 * } catch (error) {
 *   if (error instanceof ImageError) {
 *     console.log(error.code) // → file/foreign
 *   }
 * }
 */
export class ImageError extends Error {
  override readonly name = 'ImageError'
  /** A stable name for the kind of mistake, for programs: `'file/truncated'`. */
  readonly code: string
  /** The function the user called: `'readImage'`. */
  readonly operation: string
  /** The sentence, without the function's name. */
  readonly what: string
  /** What the sentence names: `{ option: 'size', got: '-1' }`. */
  readonly values: Readonly<Record<string, unknown>>
  /** What to write instead, where that is one thing. */
  readonly fix: Fix | undefined

  constructor(operation: string, code: string, what: string, details: Details = {}) {
    super(`${operation}: ${brief(what)}`, details.cause === undefined ? {} : { cause: details.cause })
    this.code = code
    this.operation = operation
    this.what = what
    this.values = details.values ?? {}
    this.fix = details.fix
  }
}

type Kind = 'PNG' | 'JPEG'

export const truncated = (kind: Kind, length: number) =>
  new ImageError('readImage', 'file/truncated', `the ${kind} file is truncated after ${length} bytes`)

export const damaged = (kind: Kind, what: string, cause?: unknown) =>
  new ImageError('readImage', 'file/damaged', `the ${kind} file is damaged — ${what}`, { cause })
