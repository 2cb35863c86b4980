/**
 * The twin of index.ts without a parser: patterns were parsed when the program was built (`compile`) and are looked
 * up here by their text. The build of `tesserae/compiled` puts this file in the other's place, so that programs keep
 * their patterns as text, checked by the compiler, and change one import.
 */
import type {
  EinsumPattern,
  PackPattern,
  ShapePattern,
  TransformOperation,
  TransformPattern,
  ZipOperation,
} from './ast.ts'
import { EinopsError } from './error.ts'
import type { PackOperation } from './pack.ts'
import type { ShapeOperation } from './shape.ts'
import { checkText } from './source.ts'

export type * from './ast.ts'
export { type Advice, EinopsError, type ErrorContext, type Fix } from './error.ts'
export { axesOf } from './expression.ts'
export { type Code, examples, fill, type Said, say, sentences } from './sentences.ts'
export { didYouMean, nearest } from './suggest.ts'
export type { PackOperation, ShapeOperation }

type Operation = TransformOperation | ShapeOperation | PackOperation | 'einsum' | ZipOperation

/** Parsed patterns of each operation: what `compile` makes, `JSON` carries and `load` takes. */
export interface CompiledPatterns {
  readonly format: 1
  readonly rearrange?: readonly TransformPattern[]
  readonly reduce?: readonly TransformPattern[]
  readonly repeat?: readonly TransformPattern[]
  readonly argmax?: readonly TransformPattern[]
  readonly argmin?: readonly TransformPattern[]
  readonly einsum?: readonly EinsumPattern[]
  readonly add?: readonly EinsumPattern[]
  readonly subtract?: readonly EinsumPattern[]
  readonly multiply?: readonly EinsumPattern[]
  readonly divide?: readonly EinsumPattern[]
  readonly pack?: readonly PackPattern[]
  readonly unpack?: readonly PackPattern[]
  readonly parseShape?: readonly ShapePattern[]
  readonly checkShape?: readonly ShapePattern[]
}

type Pattern = TransformPattern | EinsumPattern | PackPattern | ShapePattern

const loaded = new Map<string, Pattern>()

/**
 * Makes compiled patterns known to the operations of `tesserae/compiled`.
 *
 * @param patterns what `compile` of `tesserae` has made of them, also as read from JSON (its type is then not known)
 * @throws {EinopsError} when it is something else, or was made by a version whose patterns differ
 */
export function load(patterns: CompiledPatterns | object): void {
  const { format, ...operations } = Object(patterns) as Record<string, unknown>
  const lists = Object.entries(operations)
  if (format !== 1 || !lists.every(([, list]) => arePatterns(list))) {
    throw new EinopsError({
      code: 'compiled/format',
      operation: 'load',
      what: `these are no compiled patterns — got format ${JSON.stringify(format)}, expected 1 and lists of patterns`,
      hint: 'compile them by the version of tesserae that runs them',
    })
  }
  for (const [operation, list] of lists) {
    for (const pattern of list as readonly Pattern[]) loaded.set(keyOf(operation, pattern.text), pattern)
  }
}

function arePatterns(list: unknown): boolean {
  return Array.isArray(list) && list.every((pattern) => typeof pattern?.text === 'string')
}

function keyOf(operation: string, text: string): string {
  return `${operation} ${text}`
}

function find<Found extends Pattern>(operation: Operation, text: string): Found {
  const pattern = typeof text === 'string' ? loaded.get(keyOf(operation, text)) : undefined
  if (pattern !== undefined) return pattern as Found
  checkText(text, operation)
  throw new EinopsError({
    code: 'compiled/missing',
    operation,
    what: 'the pattern was not compiled ahead — got a text that is not loaded, expected one of those given to load',
    pattern: text,
    span: { start: 0, end: text.length },
    hint: "add it to the call of compile, or import from 'tesserae', which brings the parser",
  })
}

export function parseTransform(text: string, operation: TransformOperation): TransformPattern {
  return find(operation, text)
}

export function parseEinsum(text: string): EinsumPattern {
  return find('einsum', text)
}

export function parseZip(text: string, operation: ZipOperation): EinsumPattern {
  return find(operation, text)
}

export function parseShapePattern(text: string, operation: ShapeOperation): ShapePattern {
  return find(operation, text)
}

export function parsePackPattern(text: string, operation: PackOperation): PackPattern {
  return find(operation, text)
}
