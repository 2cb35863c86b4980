/**
 * The one error class of the language. Its message is meant to be read by the person who made the mistake: one
 * sentence that says what is wrong, then the pattern with carets under the span, the shape against the pattern, the
 * lengths that were given, and a hint where one can be given (the form is rustc's).
 */
import type { Span } from './ast.ts'
import { excerpt } from './excerpt.ts'
import { facing } from './facing.ts'

/** What a mistake's remedy is where it is one word or text: `to` is meant where `from` is written. */
export interface Fix {
  readonly from: string
  readonly to: string
}

/** A hint, and what to write instead where that is one thing. */
export interface Advice {
  readonly text: string
  readonly fix?: Fix | undefined
}

export interface ErrorContext {
  /** A stable name for the kind of mistake, for programs: `'axis/duplicate'`. */
  readonly code: string
  /** The function the user called: `'rearrange'`. */
  readonly operation: string
  /** What is wrong, without the operation's name: `axis 'a' stands twice on the left side — got …, expected …`. */
  readonly what: string
  /** What the sentence names: `{ axis: 'a', got: 3, expected: 4 }`. */
  readonly values?: Readonly<Record<string, unknown>> | undefined
  readonly pattern?: string | undefined
  readonly span?: Span | undefined
  /** The tensor's shape, or several operands' shapes. */
  readonly shape?: readonly number[] | readonly (readonly number[])[] | undefined
  /** The lengths the user gave. */
  readonly lengths?: Readonly<Record<string, unknown>> | undefined
  readonly hint?: string | Advice | undefined
}

/**
 * Thrown for every mistake in a pattern, a shape, a length or an option; nothing was changed when it is thrown.
 *
 * @example
 * const image = ndarray(new Float32Array(6), [2, 3])
 * const pattern: string = 'h w -> h'
 * try {
 *   rearrange(image, pattern)
 * } catch (error) {
 *   if (error instanceof EinopsError) console.log(error.code, error.span)
 *   // | pattern/left-only { start: 2, end: 3 }
 * }
 */
export class EinopsError extends Error {
  override readonly name = 'EinopsError'
  readonly code: string
  readonly operation: string
  /** The sentence, without the operation's name. */
  readonly what: string
  /** What the sentence names, by the name of its place there: `{ axis: 's', got: 3, expected: 4 }`. */
  readonly values: Readonly<Record<string, unknown>>
  readonly pattern: string | undefined
  readonly span: Span | undefined
  readonly hint: string | undefined
  /** What to write instead, where the hint says one thing: `{ from: 'heigth', to: 'height' }`. */
  readonly fix: Fix | undefined

  constructor(context: ErrorContext) {
    super(brief(render(context)))
    this.code = context.code
    this.operation = context.operation
    this.what = context.what
    this.values = context.values ?? {}
    this.pattern = context.pattern
    this.span = context.span
    this.hint = textOf(context.hint)
    this.fix = typeof context.hint === 'object' ? context.hint.fix : undefined
  }
}

/** A text whose lines people can read: names of a megabyte are cut. */
export function brief(text: string): string {
  return text.replace(/(.{1000}).+/g, '$1…')
}

function render({ operation, what, pattern, span, shape, lengths, hint }: ErrorContext): string {
  const lines = [`${operation}: ${what}`]
  if (pattern !== undefined) lines.push('', ...excerpt(pattern, span))
  if (shape !== undefined) {
    const shapes = isShape(shape) ? [shape] : shape
    const label = shapes.length > 1 ? '  shapes:  ' : '  shape:   '
    const faced = facing(pattern, shapes)
    const most = 8
    const shown =
      faced.length > most + 1 ? [...faced.slice(0, most), `… and ${faced.length - most} more`] : faced
    lines.push(`${label}${shown.join(`\n${' '.repeat(label.length)}`)}`)
  }
  if (lengths !== undefined && Object.keys(lengths).length > 0) lines.push(`  lengths: ${show(lengths)}`)
  if (hint !== undefined) lines.push(`  hint:    ${textOf(hint)}`)
  return lines.join('\n')
}

function textOf(hint: string | Advice | undefined): string | undefined {
  return typeof hint === 'object' ? hint.text : hint
}

function isShape(shape: readonly (number | readonly number[])[]): shape is readonly number[] {
  return typeof shape[0] !== 'object'
}

function show(lengths: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(lengths).map(([name, value]) => `${name}: ${showValue(value)}`)
  const most = 12
  if (entries.length > most) entries.splice(most, entries.length, '…')
  return `{ ${entries.join(', ')} }`
}

/** A value of any kind, also of those that do not let themselves be made a string. */
function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
