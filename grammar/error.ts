/**
 * The one error class of the language. Its message is meant to be read by the person who made the mistake: one
 * sentence that says what is wrong, then the pattern with carets under the span, the shape and lengths that were
 * given, and a hint where one can be given (the form is rustc's).
 */
import type { Span } from './ast.ts'

export interface ErrorContext {
  /** A stable name for the kind of mistake, for programs: `'axis/duplicate'`. */
  readonly code: string
  /** The function the user called: `'rearrange'`. */
  readonly operation: string
  /** What is wrong, without the operation's name: `axis 'a' stands twice on the left side — got …, expected …`. */
  readonly what: string
  readonly pattern?: string | undefined
  readonly span?: Span | undefined
  /** The tensor's shape, or several operands' shapes. */
  readonly shape?: readonly number[] | readonly (readonly number[])[] | undefined
  /** The lengths the user gave. */
  readonly lengths?: Readonly<Record<string, unknown>> | undefined
  readonly hint?: string | undefined
}

/**
 * Thrown for every mistake in a pattern, a shape, a length or an option; nothing was changed when it is thrown.
 *
 * @example
 * try {
 *   rearrange(x, 'a b -> a')
 * } catch (error) {
 *   if (error instanceof EinopsError) console.log(error.code, error.span)
 * }
 */
export class EinopsError extends Error {
  override readonly name = 'EinopsError'
  readonly code: string
  readonly operation: string
  readonly pattern: string | undefined
  readonly span: Span | undefined
  readonly hint: string | undefined

  constructor(context: ErrorContext) {
    super(render(context))
    this.code = context.code
    this.operation = context.operation
    this.pattern = context.pattern
    this.span = context.span
    this.hint = context.hint
  }
}

function render({ operation, what, pattern, span, shape, lengths, hint }: ErrorContext): string {
  const lines = [`${operation}: ${what}`]
  if (pattern !== undefined) lines.push('', ...excerpt(pattern, span))
  if (shape !== undefined) lines.push(`  shape:   ${JSON.stringify(shape)}`)
  if (lengths !== undefined && Object.keys(lengths).length > 0) lines.push(`  lengths: ${show(lengths)}`)
  if (hint !== undefined) lines.push(`  hint:    ${hint}`)
  return lines.join('\n')
}

/** The pattern on one line with carets under the span; a long pattern is cut around it. */
function excerpt(pattern: string, span: Span | undefined): string[] {
  const width = 100
  const start = Math.min(span?.start ?? 0, pattern.length)
  const end = Math.min(Math.max(span?.end ?? 0, start), pattern.length)
  const from = pattern.length <= width ? 0 : Math.max(0, Math.min(start - 20, pattern.length - width))
  const to = Math.min(pattern.length, from + width)
  const before = from > 0 ? '…' : ''
  // control characters would move the carets
  const line = [...pattern.slice(from, to)]
    .map((char) => (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(char) ? '·' : char))
    .join('')
  const lines = [`  ${before}${line}${to < pattern.length ? '…' : ''}`]
  if (span !== undefined) {
    const caretWidth = Math.max(1, displayWidth(pattern.slice(start, Math.min(end, to))))
    lines.push(
      `  ${' '.repeat(before.length + displayWidth(pattern.slice(from, start)))}${'^'.repeat(caretWidth)}`,
    )
  }
  return lines
}

/** How many columns a text takes in a terminal: two for East Asian wide characters and emoji, none for marks. */
function displayWidth(text: string): number {
  let columns = 0
  for (const char of text) {
    if (/\p{Mn}|\p{Me}|\u200d|\ufe0f/u.test(char)) continue
    const wide =
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\uff00-\uff60]/u
    columns += wide.test(char) ? 2 : 1
  }
  return columns
}

function show(lengths: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(lengths).map(([name, value]) => {
    const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
    return `${name}: ${text}`
  })
  return `{ ${entries.join(', ')} }`
}
