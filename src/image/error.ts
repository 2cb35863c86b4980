import { brief } from '../../grammar/error.ts'

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

  constructor(operation: string, code: string, what: string, cause?: unknown) {
    super(`${operation}: ${brief(what)}`, cause === undefined ? {} : { cause })
    this.code = code
    this.operation = operation
  }
}
