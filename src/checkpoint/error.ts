/** The one error class of checkpoints: a file, a name or a shape that is not what it has to be. */
import { brief, type Fix } from '../../grammar/error.ts'

export interface CheckpointErrorContext {
  /** A stable name for the kind of mistake, for programs: `'header/length'`. */
  readonly code: string
  /** The function the user called: `'readSafetensors'`. */
  readonly operation: string
  /** What is wrong, without the operation's name: `header is not JSON — …`. */
  readonly what: string
  /** What the sentence names. */
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /** What to write instead, where that is one thing. */
  readonly fix?: Fix | undefined
  /** The file, where it has a name. */
  readonly file?: string | undefined
  readonly cause?: unknown
}

/**
 * Thrown when a checkpoint cannot be read, written or renamed; nothing was changed when it is thrown.
 *
 * @example
 * try {
 *   readSafetensors(new Uint8Array(4))
 * } catch (error) {
 *   if (error instanceof CheckpointError) {
 *     console.log(error.code) // → file/short
 *   }
 * }
 */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
  readonly code: string
  readonly operation: string
  readonly file: string | undefined
  /** The sentence, without the function's name and the file's. */
  readonly what: string
  /** What the sentence names: of a state dict that does not fit, the lists `missing`, `unexpected` and `unfit`. */
  readonly values: Readonly<Record<string, unknown>>
  /** What to write instead, where that is one thing. */
  readonly fix: Fix | undefined

  constructor({ code, operation, what, values = {}, fix, file, cause }: CheckpointErrorContext) {
    super(
      `${operation}: ${file === undefined ? '' : `${file}: `}${brief(what)}`,
      cause === undefined ? {} : { cause },
    )
    this.code = code
    this.operation = operation
    this.file = file
    this.what = what
    this.values = values
    this.fix = fix
  }
}

/** Who is reading what: the part of every message that does not depend on the mistake. */
export interface Reading {
  readonly operation: string
  readonly file?: string | undefined
}
